//===- RunFiles.h - What a run reads and writes -----------------*- C++ -*-===//

#ifndef SLUICE_RUNTIME_TRAIN_RUNFILES_H
#define SLUICE_RUNTIME_TRAIN_RUNFILES_H

#include <string>
#include <vector>

namespace sluice::runtime {

/// The files of a run, known before it begins, so that nothing that is written destroys what is read. Files count as
/// one by what they are and not by their names: links of any kind make no difference.
class RunFiles {
public:
  /// With the program itself among what is read.
  RunFiles();

  /// `flag` is what messages call the file by. Of a folder, all files in it are read.
  void reads(const std::string &flag, const std::string &path);
  void reads(const std::string &flag, const std::vector<std::string> &paths);
  /// The files of a checkpoint in the folder, and nothing else there.
  void readsCheckpoint(const std::string &flag, const std::string &folder);

  /// Error if the file cannot be written, or is one that is read; or one that has something in it, unless it is to be
  /// overwritten.
  void checkFile(const std::string &flag, const std::string &path, bool overwrites) const;

  /// Error if checkpoints cannot be written to the folder, or if a file that is read is one that they would remove.
  void checkCheckpoints(const std::string &flag, const std::string &folder) const;

  /// Error if the file would be written over one that is read.
  void checkIsNoInput(const std::string &flag, const std::string &path) const;

private:
  struct Input {
    std::string flag, path;
  };

  std::vector<Input> inputs;
};

} // namespace sluice::runtime

#endif // SLUICE_RUNTIME_TRAIN_RUNFILES_H
