/// Names that are meant to be other names.
public enum NearbyNames {
  /// The nearest of some names by spelling, or nil when none is near: they differ in case or separators, or in at most one
  /// letter of three and two letters in all.
  public static func nearest(to name: String, among names: [String]) -> String? {
    let plain = plain(name)
    let distances = names.map { known in
      let other = self.plain(known)
      let limit = min(2, max(plain.count, other.count) / 3)
      return (known, distance(from: plain, to: other, limit: limit), limit)
    }
    return distances.filter { $0.1 <= $0.2 }.min { $0.1 < $1.1 }?.0
  }

  /// Whether two names differ in case and separators alone.
  static func areSame(_ first: String, _ second: String) -> Bool { plain(first) == plain(second) }

  /// The letters and digits of a name, in lower case. A name from a file may be long; no known one is.
  private static func plain(_ name: String) -> [UInt8] {
    name.utf8.prefix(128).compactMap { byte in
      switch byte {
      case UInt8(ascii: "A")...UInt8(ascii: "Z"): byte | 0x20
      case UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: " "), UInt8(ascii: "."): nil
      default: byte
      }
    }
  }

  /// The least number of letters to insert, delete, replace or exchange with the next one; `limit + 1` when it is more
  /// than a limit.
  private static func distance(from first: [UInt8], to second: [UInt8], limit: Int) -> Int {
    guard abs(first.count - second.count) <= limit else { return limit + 1 }
    var rows = [Array(0...second.count)]
    for i in 0..<first.count {
      var row = [i + 1]
      for j in 0..<second.count {
        let isSame = first[i] == second[j]
        var best = min(rows[i][j] + (isSame ? 0 : 1), rows[i][j + 1] + 1, row[j] + 1)
        if i > 0, j > 0, first[i] == second[j - 1], first[i - 1] == second[j] {
          best = min(best, rows[i - 1][j - 1] + 1)
        }
        row.append(best)
      }
      rows.append(row)
    }
    return min(rows[first.count][second.count], limit + 1)
  }
}
