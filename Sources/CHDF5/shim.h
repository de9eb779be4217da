// What Swift cannot import from hdf5.h: macros that expand to a call or a cast.
// Each macro becomes one inline function of the same name behind the prefix `chdf5_`.
// The functions at the end hide calls whose structs differ between HDF5 1.10 and 1.12 and later.

#pragma once

#include <hdf5.h>
#include <stdbool.h>
#include <stdint.h>
#include <unistd.h>

static inline unsigned chdf5_H5F_ACC_RDONLY(void) { return H5F_ACC_RDONLY; }
static inline unsigned chdf5_H5F_ACC_TRUNC(void) { return H5F_ACC_TRUNC; }
static inline unsigned chdf5_H5F_ACC_RDWR(void) { return H5F_ACC_RDWR; }
static inline size_t chdf5_H5T_VARIABLE(void) { return H5T_VARIABLE; }
static inline hsize_t chdf5_H5S_UNLIMITED(void) { return H5S_UNLIMITED; }

static inline hid_t chdf5_H5P_FILE_ACCESS(void) { return H5P_FILE_ACCESS; }
static inline hid_t chdf5_H5P_FILE_CREATE(void) { return H5P_FILE_CREATE; }
static inline hid_t chdf5_H5P_DATASET_CREATE(void) { return H5P_DATASET_CREATE; }
static inline hid_t chdf5_H5P_DATASET_ACCESS(void) { return H5P_DATASET_ACCESS; }
static inline hid_t chdf5_H5P_GROUP_CREATE(void) { return H5P_GROUP_CREATE; }

static inline hid_t chdf5_H5T_NATIVE_INT8(void) { return H5T_NATIVE_INT8; }
static inline hid_t chdf5_H5T_NATIVE_UINT8(void) { return H5T_NATIVE_UINT8; }
static inline hid_t chdf5_H5T_NATIVE_INT16(void) { return H5T_NATIVE_INT16; }
static inline hid_t chdf5_H5T_NATIVE_UINT16(void) { return H5T_NATIVE_UINT16; }
static inline hid_t chdf5_H5T_NATIVE_INT32(void) { return H5T_NATIVE_INT32; }
static inline hid_t chdf5_H5T_NATIVE_UINT32(void) { return H5T_NATIVE_UINT32; }
static inline hid_t chdf5_H5T_NATIVE_INT64(void) { return H5T_NATIVE_INT64; }
static inline hid_t chdf5_H5T_NATIVE_UINT64(void) { return H5T_NATIVE_UINT64; }
static inline hid_t chdf5_H5T_NATIVE_FLOAT(void) { return H5T_NATIVE_FLOAT; }
static inline hid_t chdf5_H5T_NATIVE_DOUBLE(void) { return H5T_NATIVE_DOUBLE; }
static inline hid_t chdf5_H5T_IEEE_F32LE(void) { return H5T_IEEE_F32LE; }
static inline hid_t chdf5_H5T_C_S1(void) { return H5T_C_S1; }
static inline hid_t chdf5_H5T_IEEE_F64LE(void) { return H5T_IEEE_F64LE; }
static inline hid_t chdf5_H5T_NATIVE_LDOUBLE(void) { return H5T_NATIVE_LDOUBLE; }
static inline hid_t chdf5_H5P_LINK_CREATE(void) { return H5P_LINK_CREATE; }

/// True on the first call on each thread: HDF5 keeps its error settings per thread.
static inline bool chdf5_first_use_on_thread(void) {
  static _Thread_local bool used = false;
  bool first = !used;
  used = true;
  return first;
}

/// The type of a link (an `H5L_type_t`, or a user-defined number) and, unless it is hard, its value's size.
static inline herr_t chdf5_link_info(hid_t group, const char *name, int *type, size_t *value_size) {
#if H5_VERSION_GE(1, 12, 0)
  H5L_info2_t info;
  herr_t status = H5Lget_info2(group, name, &info, H5P_DEFAULT);
#else
  H5L_info_t info;
  herr_t status = H5Lget_info(group, name, &info, H5P_DEFAULT);
#endif
  if (status >= 0) {
    *type = (int)info.type;
    *value_size = info.type == H5L_TYPE_HARD ? 0 : info.u.val_size;
  }
  return status;
}

/// The type of an object (an `H5O_type_t`) and two words that tell it from every other object of its file.
static inline herr_t chdf5_object_info(hid_t location, const char *name, int *type, uint64_t identity[2]) {
#if H5_VERSION_GE(1, 12, 0)
  H5O_info2_t info;
  herr_t status = H5Oget_info_by_name3(location, name, &info, H5O_INFO_BASIC, H5P_DEFAULT);
  if (status >= 0) {
    identity[0] = identity[1] = 0;
    for (size_t i = 0; i < sizeof info.token; i++)
      identity[(i / 8) & 1] |= (uint64_t)((const unsigned char *)&info.token)[i] << (8 * (i % 8));
  }
#else
  H5O_info_t info;
  herr_t status = H5Oget_info_by_name2(location, name, &info, H5O_INFO_BASIC, H5P_DEFAULT);
  if (status >= 0) {
    identity[0] = info.addr;
    identity[1] = 0;
  }
#endif
  if (status >= 0) *type = (int)info.type;
  return status;
}

/// The descriptor of a file that the plain driver has open; negative when there is none.
static inline int chdf5_descriptor(hid_t file) {
  void *handle = NULL;
  return H5Fget_vfd_handle(file, H5P_DEFAULT, &handle) < 0 || handle == NULL ? -1 : *(int *)handle;
}

/// Reads bytes at a place of an open file, and says how many; negative when the system cannot.
static inline int64_t chdf5_read_stored(int descriptor, uint64_t position, void *bytes, size_t count) {
  return position > INT64_MAX ? -1 : (int64_t)pread(descriptor, bytes, count, (off_t)position);
}

/// Sees one name; 0 goes on, a positive number ends the iteration and becomes its result.
typedef herr_t (*chdf5_name_visitor)(const char *name, void *context);

struct chdf5_name_visit {
  chdf5_name_visitor visit;
  void *context;
};

#if H5_VERSION_GE(1, 12, 0)
static inline herr_t chdf5_visit_link(hid_t group, const char *name, const H5L_info2_t *info, void *data) {
#else
static inline herr_t chdf5_visit_link(hid_t group, const char *name, const H5L_info_t *info, void *data) {
#endif
  struct chdf5_name_visit *visit = (struct chdf5_name_visit *)data;
  return visit->visit(name, visit->context);
}

static inline herr_t chdf5_visit_attribute(hid_t object, const char *name, const H5A_info_t *info, void *data) {
  struct chdf5_name_visit *visit = (struct chdf5_name_visit *)data;
  return visit->visit(name, visit->context);
}

/// Gives each link name of one group, by name, in ascending order.
static inline herr_t chdf5_iterate_links(hid_t group, chdf5_name_visitor visitor, void *context) {
  struct chdf5_name_visit visit = {visitor, context};
  hsize_t position = 0;
#if H5_VERSION_GE(1, 12, 0)
  return H5Literate2(group, H5_INDEX_NAME, H5_ITER_INC, &position, chdf5_visit_link, &visit);
#else
  return H5Literate(group, H5_INDEX_NAME, H5_ITER_INC, &position, chdf5_visit_link, &visit);
#endif
}

/// Gives each attribute name of one object, by name, in ascending order.
static inline herr_t chdf5_iterate_attributes(hid_t object, chdf5_name_visitor visitor, void *context) {
  struct chdf5_name_visit visit = {visitor, context};
  hsize_t position = 0;
  return H5Aiterate2(object, H5_INDEX_NAME, H5_ITER_INC, &position, chdf5_visit_attribute, &visit);
}
