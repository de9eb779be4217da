/// Rows of text in columns: the first aligned to the left, the others to the right.
struct TextTable {
  var rows: [[String]] = []

  var text: String {
    let columnCount = rows.map(\.count).max() ?? 0
    let widths = (0..<columnCount).map { column in
      rows.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0
    }
    return rows.map { row in
      var line = ""
      for (column, cell) in row.enumerated() {
        line += column == 0 ? cell.padded(widths[0]) : "  " + cell.rightAligned(widths[column])
      }
      while line.last == " " { line.removeLast() }
      return line + "\n"
    }.joined()
  }
}
