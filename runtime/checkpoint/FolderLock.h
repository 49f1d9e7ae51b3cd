//===- FolderLock.h - One run a folder --------------------------*- C++ -*-===//

#ifndef SLUICE_RUNTIME_CHECKPOINT_FOLDERLOCK_H
#define SLUICE_RUNTIME_CHECKPOINT_FOLDERLOCK_H

#include <string>

namespace sluice::runtime {

/// While it lives, no other run writes checkpoints to the folder. It is a lock of the system on `checkpoint.lock`
/// there, which ends with the process however that ends; the file says who holds it, and goes with the lock. On file
/// systems without such locks it does nothing.
class FolderLock {
public:
  static constexpr char kFileName[] = "checkpoint.lock";

  /// Makes the folder where it is missing. Error, which names the process that holds the lock, if there is one;
  /// RunError where folder or file cannot be made.
  explicit FolderLock(const std::string &folder);
  FolderLock(const FolderLock &) = delete;
  FolderLock &operator=(const FolderLock &) = delete;
  ~FolderLock();

private:
  bool tryLock(const std::string &folder);

  std::string path;
  int descriptor = -1;
};

} // namespace sluice::runtime

#endif // SLUICE_RUNTIME_CHECKPOINT_FOLDERLOCK_H
