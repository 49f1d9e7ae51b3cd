//===- InputFile.h - Input files, read at positions -------------*- C++ -*-===//
#ifndef SLUICE_RUNTIME_INPUTFILE_H
#define SLUICE_RUNTIME_INPUTFILE_H

#include <cstddef>
#include <string>

namespace sluice::runtime {

/// A regular file that is open for reading. It is read, not mapped: what another process cuts off meanwhile is then an
/// Error and no signal.
class InputFile {
public:
  /// Error where the file is missing, is no regular file or cannot be opened.
  explicit InputFile(std::string path);
  InputFile(InputFile &&other) noexcept;
  InputFile &operator=(InputFile &&other) noexcept;
  ~InputFile();

  const std::string &path() const { return filePath; }
  size_t size() const { return bytes; } ///< in bytes, when it was opened
  /// Copies the bytes [begin, begin + count), which lie within size(). Error where the file has become shorter or
  /// cannot be read. From any thread.
  void read(size_t begin, size_t count, void *out) const;
  /// All of it. Error as read().
  std::string readAll() const;

private:
  std::string filePath;
  int descriptor = -1;
  size_t bytes = 0;
};

} // namespace sluice::runtime

#endif // SLUICE_RUNTIME_INPUTFILE_H
