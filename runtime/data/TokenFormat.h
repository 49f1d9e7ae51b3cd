//===- TokenFormat.h - How the tokens of a file are stored ------*- C++ -*-===//
//
// Formats are known by their first bytes, whatever the name of the file:
//
//   llm.c    256 int32: magic 20240520, version 1, count; then uint16. Or magic 20240801, version 7, count; then uint32
//   NumPy    a .npy of one dimension, integers of 1 to 8 bytes, little-endian
//
// and otherwise by the name: `.bin` and `.u16` are raw uint16, `.u32` is raw uint32, all little-endian, and any other
// file is text, a token a byte.
//
//===----------------------------------------------------------------------===//
#ifndef SLUICE_RUNTIME_DATA_TOKENFORMAT_H
#define SLUICE_RUNTIME_DATA_TOKENFORMAT_H

#include "runtime/InputFile.h"

#include <cstdint>
#include <string>

namespace sluice::runtime {

struct TokenFormat {
  std::string name;      ///< for people: "text, a token a byte", "llm.c's 32-bit tokens", ...
  int bytesPerToken = 1; ///< 1, 2, 4 or 8
  bool isSigned = false;
  bool isText = false;
  size_t firstByte = 0; ///< of the tokens, behind a header
  int64_t tokens = 0;   ///< at least 1
};

/// Error where the file is empty; where it is compressed, an archive, a table or another known format that holds no
/// tokens; where its header is of a version or type that is not known, or does not fit the file; where its size is no
/// multiple of a token's; and where raw 16-bit tokens are text or 32-bit tokens by all appearance.
TokenFormat readTokenFormat(const InputFile &file);

} // namespace sluice::runtime

#endif // SLUICE_RUNTIME_DATA_TOKENFORMAT_H
