// Preloaded into a program: writes the names of files that are synced and renamed, in their order, to $SYNC_LOG.

#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void tell(const char *what, const char *path) {
  char line[8192];
  int log = open(getenv("SYNC_LOG"), O_WRONLY | O_CREAT | O_APPEND, 0666);
  int length = snprintf(line, sizeof(line), "%s %s\n", what, path);
  if (log < 0 || write(log, line, (size_t)length) != length)
    abort();
  close(log);
}

int fsync(int descriptor) {
  char link[64], path[4096] = "";
  snprintf(link, sizeof(link), "/proc/self/fd/%d", descriptor);
  if (readlink(link, path, sizeof(path) - 1) < 0)
    abort();
  tell("sync", path);
  return ((int (*)(int))dlsym(RTLD_NEXT, "fsync"))(descriptor);
}

int rename(const char *from, const char *to) {
  tell("rename", from);
  return ((int (*)(const char *, const char *))dlsym(RTLD_NEXT, "rename"))(from, to);
}
