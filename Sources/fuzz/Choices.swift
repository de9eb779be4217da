import SeededNumbers

extension SplitMix {
  mutating func number(_ range: Range<Int>) -> Int { Int.random(in: range, using: &self) }

  /// True once in so many times.
  mutating func once(in times: Int) -> Bool { number(0..<times) == 0 }

  /// One of some elements.
  mutating func one<Element>(_ elements: [Element]) -> Element { elements[number(0..<elements.count)] }
}
