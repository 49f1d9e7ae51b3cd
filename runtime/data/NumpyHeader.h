//===- NumpyHeader.h - The header of a .npy file ----------------*- C++ -*-===//
#ifndef SLUICE_RUNTIME_DATA_NUMPYHEADER_H
#define SLUICE_RUNTIME_DATA_NUMPYHEADER_H

#include "runtime/InputFile.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace sluice::runtime {

struct NumpyHeader {
  std::string type;        ///< NumPy's name: "uint16", "int64", ...
  int bytesPerElement = 0; ///< 1, 2, 4 or 8
  bool isSigned = false;
  size_t firstByte = 0;  ///< of the elements
  uint64_t elements = 0; ///< as the header says; the file may have others
};

/// Whether a file with these first bytes is a .npy.
bool isNumpy(std::string_view head);

/// Error where the header is damaged or longer than `head` (the first bytes of the file, 4,096 or all), and where the
/// array has another number of dimensions than one, or elements that are no little-endian integers.
NumpyHeader readNumpyHeader(const InputFile &file, std::string_view head);

} // namespace sluice::runtime

#endif // SLUICE_RUNTIME_DATA_NUMPYHEADER_H
