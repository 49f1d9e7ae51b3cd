//===- Safetensors.h - Reading and writing .safetensors ---------*- C++ -*-===//
//
// The format: a little-endian uint64 n, n bytes of JSON (name -> dtype, shape, data_offsets), then the data.
//
//===----------------------------------------------------------------------===//
#ifndef SLUICE_RUNTIME_CHECKPOINT_SAFETENSORS_H
#define SLUICE_RUNTIME_CHECKPOINT_SAFETENSORS_H

#include "runtime/InputFile.h"
#include "runtime/Tensors.h"

#include <map>
#include <string>
#include <vector>

namespace sluice::runtime {

/// An open .safetensors file. The constructor checks everything about the header, so entries are safe to read.
class SafetensorsFile {
public:
  struct Entry {
    std::string name;
    std::string type; ///< as in the file: "F32", "BF16", ...
    std::vector<int64_t> shape;
    int64_t offset; ///< of its first byte in the file
    int64_t bytes;
  };

  /// Error: missing or truncated file, a header that is too long or no JSON, tensors (named in the message) that lie
  /// outside the file, overlap, leave gaps, or whose size does not fit their shape.
  explicit SafetensorsFile(std::string path);

  const std::string &path() const { return file.path(); }
  const std::vector<Entry> &entries() const { return tensors; } ///< in the order of the data
  const std::map<std::string, std::string> &metadata() const { return information; }

  /// The tensor of that name, or else of the name after "transformer." (Hugging Face's models with a head save their
  /// body under it), or null.
  const Entry *find(const std::string &name) const;

  /// Copies the tensor of into.name to into.data. F32, F16, BF16 and F64 convert to f32 and f64; otherwise the stored
  /// type has to be the wanted one. Error: no such tensor, another shape, a type that does not convert, or a file that
  /// was cut after it had been opened.
  void read(const TensorView &into) const;
  /// The same of one of entries(), whatever its name.
  void read(const Entry &entry, const TensorView &into) const;
  /// The same of its elements [begin, begin + count), whatever its shape.
  void readElements(const Entry &entry, int64_t begin, int64_t count, sluice_element element, void *out) const;
  /// Copies its bytes [begin, begin + count) as they are in the file. Error as InputFile::read.
  void readBytes(const Entry &entry, int64_t begin, int64_t count, void *out) const;

private:
  /// The bytes of JSON, which lie from byte 8 on.
  std::string readHeader() const;
  void addEntries(const std::string &header);
  /// Error unless the entries, in their order, cover the data.
  void checkCover(int64_t dataBegin) const;

  InputFile file;
  std::vector<Entry> tensors;
  std::map<std::string, std::string> information;
};

/// Writes the tensors, atomically (Files.h: AtomicFile), in the order given, straight from their memory. The metadata
/// gets "format": "pt" besides what is given. RunError as AtomicFile; Error where two tensors share a name.
void writeSafetensors(const std::string &path, const std::vector<TensorView> &tensors,
                      std::map<std::string, std::string> metadata = {});

} // namespace sluice::runtime

#endif // SLUICE_RUNTIME_CHECKPOINT_SAFETENSORS_H
