//===- AvailableMemory.cpp - How much memory a program may use ------------===//

#include "runtime/cpu/AvailableMemory.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <optional>
#include <sys/resource.h>
#include <vector>

namespace sluice::runtime {

/// The number behind a key of a file of lines such as `MemAvailable:  1000 kB`.
static std::optional<int64_t> numberOf(const std::string &path, const std::string &key) {
  std::ifstream file(path);
  for (std::string word; file >> word;)
    if (int64_t value; word == key && file >> value)
      return value;
  return std::nullopt;
}

/// The number that a file holds alone; none where it holds a word, such as `max`.
static std::optional<int64_t> numberIn(const std::string &path) {
  std::ifstream file(path);
  int64_t value;
  return file >> value ? std::optional<int64_t>(value) : std::nullopt;
}

/// How the files of a version of control groups are called.
struct GroupFiles {
  const char *limit, *usage, *cache;
};

/// What the groups from `path` up to the root of their tree leave free. The cache of files gives way.
static void limitByGroups(const std::string &tree, std::string path, const GroupFiles &names, AvailableMemory &result) {
  for (;;) {
    std::string folder = tree + path;
    std::optional<int64_t> limit = numberIn(folder + "/" + names.limit);
    if (limit) {
      int64_t used =
          numberIn(folder + "/" + names.usage).value_or(0) - numberOf(folder + "/memory.stat", names.cache).value_or(0);
      int64_t left = std::max<int64_t>(0, *limit - std::max<int64_t>(0, used));
      if (left < result.bytes)
        result = {left, "in this control group"};
    }
    if (path.empty() || path == "/")
      return;
    path.erase(path.rfind('/'));
  }
}

static void limitByControlGroups(const std::string &root, AvailableMemory &result) {
  std::ifstream file(root + "/proc/self/cgroup");
  for (std::string line; std::getline(file, line);) {
    // Number, controllers, path.
    size_t first = line.find(':'), second = line.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos)
      continue;
    std::string controllers = line.substr(first + 1, second - first - 1), path = line.substr(second + 1);
    if (controllers.empty())
      limitByGroups(root + "/sys/fs/cgroup", path, {"memory.max", "memory.current", "file"}, result);
    else if (("," + controllers + ",").find(",memory,") != std::string::npos)
      limitByGroups(root + "/sys/fs/cgroup/memory", path,
                    {"memory.limit_in_bytes", "memory.usage_in_bytes", "total_cache"}, result);
  }
}

/// What a limit of the process leaves, given the key of what it uses in /proc/self/status.
static void limitByResource(decltype(RLIMIT_AS) resource, const char *key, const char *name, AvailableMemory &result) {
  rlimit limit;
  if (::getrlimit(resource, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY)
    return;
  constexpr int64_t kibibyte = 1024;
  int64_t used = numberOf("/proc/self/status", key).value_or(0) * kibibyte;
  int64_t whole = static_cast<int64_t>(std::min<rlim_t>(limit.rlim_cur, INT64_MAX));
  int64_t left = std::max<int64_t>(0, whole - used);
  if (left < result.bytes)
    result = {left, std::string("under '") + name + "'"};
}

AvailableMemory availableMemory(const std::string &root) {
  AvailableMemory result{INT64_MAX, ""};
  constexpr int64_t kibibyte = 1024;
  std::string info = root + "/proc/meminfo";
  if (std::optional<int64_t> available = numberOf(info, "MemAvailable:"))
    result = {(*available + numberOf(info, "SwapFree:").value_or(0)) * kibibyte, "on this machine"};
  limitByControlGroups(root, result);
  if (root.empty())
    limitByResource(RLIMIT_DATA, "VmData:", "ulimit -d", result);
  return result;
}

AvailableMemory availableAddresses() {
  AvailableMemory result{INT64_MAX, ""};
  limitByResource(RLIMIT_AS, "VmSize:", "ulimit -v", result);
  return result;
}

} // namespace sluice::runtime
