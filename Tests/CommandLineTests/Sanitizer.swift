import Foundation
import Testing

/// The sanitizer that the tests and the program were built with (`make sanitize-address`, `make sanitize-thread`).
enum Sanitizer {
  static let isActive = ["__asan_init", "__tsan_init"].contains { (name: String) in
    dlsym(dlopen(nil, RTLD_NOW), name) != nil
  }
}

extension Trait where Self == ConditionTrait {
  /// Leaves a test out under a sanitizer, and says why.
  static func unlessSanitized(_ reason: Comment) -> Self { .disabled(if: Sanitizer.isActive, reason) }
}
