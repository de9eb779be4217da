/// Why JSON could not be decoded, in plain words, with the place where it is known.
func decodingReason(_ error: any Error) -> String {
  func place(_ context: DecodingError.Context) -> String {
    "\"\(context.codingPath.map { $0.intValue.map(String.init) ?? $0.stringValue }.joined(separator: "."))\""
  }
  return switch error as? DecodingError {
  case .keyNotFound(let key, _): "\"\(key.stringValue)\" is missing"
  case .typeMismatch(_, let context), .valueNotFound(_, let context): "\(place(context)) is of another type"
  case .dataCorrupted(let context) where !context.codingPath.isEmpty:
    "\(place(context)) has a value that it cannot have"
  default: "it is not well-formed"
  }
}
