//===- TokenStream.h - Files of tokens as one stream ------------*- C++ -*-===//
//
// Token positions are in tokens from the start of the stream.
//
//===----------------------------------------------------------------------===//
#ifndef SLUICE_RUNTIME_DATA_TOKENSTREAM_H
#define SLUICE_RUNTIME_DATA_TOKENSTREAM_H

#include "runtime/InputFile.h"
#include "runtime/data/TokenFormat.h"

#include <cstdint>
#include <string>
#include <vector>

namespace sluice::runtime {

/// Whether text is data, a token a byte, or only tokens are: what the description's tokenizer says.
enum class TextInput { Bytes, Refused };

/// One file of tokens.
class TokenFile {
public:
  /// Error as readTokenFormat, or where the file is text, which is refused.
  explicit TokenFile(std::string path, TextInput text = TextInput::Bytes);

  const std::string &path() const { return file.path(); }
  const TokenFormat &format() const { return tokenFormat; }
  int64_t size() const { return tokenFormat.tokens; } ///< in tokens
  /// Copies tokens [begin, begin + count), which lie in the file. Error where one is not in [0, vocabulary): names
  /// file, position in the file, token and vocabulary. Error as InputFile::read.
  void read(int64_t begin, int64_t count, int64_t vocabulary, int32_t *out) const;

private:
  InputFile file;
  TokenFormat tokenFormat;
};

/// Several token files as one stream. Tokens are checked when they are read, not when the files are opened.
class TokenStream {
public:
  /// `paths` are joined in their order; Error as TokenFile, or where `paths` is empty.
  TokenStream(const std::vector<std::string> &paths, int64_t vocabulary, TextInput text = TextInput::Bytes);

  /// Splits the value of --data at its commas. Error where a part is empty.
  static std::vector<std::string> splitPaths(const std::string &list);

  int64_t size() const { return starts.back(); } ///< in tokens
  const std::vector<TokenFile> &files() const { return tokenFiles; }
  /// Copies tokens [begin, begin + count), which lie in the stream. Error as TokenFile::read.
  void read(int64_t begin, int64_t count, int32_t *out) const;
  /// Reads the tokens once, as far as that takes no noticeable time, so that tokens that are not below the vocabulary
  /// are an Error before a run rather than in it.
  void checkTokens() const;

private:
  std::vector<TokenFile> tokenFiles;
  std::vector<int64_t> starts; // of each file, and the end of the last
  int64_t vocabulary;
};

} // namespace sluice::runtime

#endif // SLUICE_RUNTIME_DATA_TOKENSTREAM_H
