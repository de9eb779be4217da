import CHDF5

/// What libhdf5 says of its own state.
public enum LibraryState {
  /// Whether this process would load a plug-in.
  public static func loadsPlugins() throws -> Bool {
    var classes: UInt32 = 0
    try check(H5PLget_loading_state(&classes), "H5PLget_loading_state")
    return classes != 0
  }

  /// How many errors this thread has not cleared.
  public static var errorCount: Int { H5Eget_num(hid_t(H5E_DEFAULT)) }

  /// How many identifiers are open that some work has made; nothing else may use the library meanwhile.
  ///
  /// The library numbers the identifiers of a kind one after another.
  public static func identifiersLeftOpen(by work: () throws -> Void) throws -> Int {
    let first = try nextIdentifiers()
    try work()
    let last = try nextIdentifiers()
    let made = zip(first, last).reduce(0) { count, range in
      count + (range.0..<range.1).count { H5Iis_valid($0) > 0 }
    }
    // Files, datasets, groups, committed datatypes and attributes are counted by the library.
    return made + H5Fget_obj_count(hid_t(0x1F), 0x1F)
  }

  /// The identifiers that the next datatype, dataspace and property list will have, or one before it.
  private static func nextIdentifiers() throws -> [hid_t] {
    let type = try copy(chdf5_H5T_NATIVE_FLOAT())
    H5Tclose(type)
    let space = try simpleSpace(.scalar)
    H5Sclose(space)
    let properties = try check(H5Pcreate(chdf5_H5P_DATASET_CREATE()), "H5Pcreate")
    H5Pclose(properties)
    return [type, space, properties]
  }
}
