//===- Process.cpp - Runs programs, some at a time -------------------------------===//
#include "tools/sluice-compare/Process.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/MemoryBuffer.h"
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace sluice::compare;
using llvm::StringRef;

ProcessPool::ProcessPool(unsigned jobs) : jobs(jobs) {
  sigemptyset(&signals);
  for (int signal : {SIGINT, SIGTERM, SIGCHLD})
    sigaddset(&signals, signal);
  // Blocked signals wait until they are asked for: nothing is interrupted between two looks at them.
  sigprocmask(SIG_BLOCK, &signals, &formerMask);
}

/// llvm::sys::ExecuteNoWait can neither bind a child's life to its parent's nor take it out of the terminal's group.
pid_t ProcessPool::start(const Command &command) const {
  std::vector<char *> arguments;
  for (const std::string &argument : command.arguments)
    arguments.push_back(const_cast<char *>(argument.c_str()));
  arguments.push_back(nullptr);
  pid_t parent = getpid();
  pid_t child = fork();
  if (child != 0)
    return child;
  // A child that survived its parent would write to the files of the run that resumes it.
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent)
    _exit(127);
  // The terminal's interrupt reaches the parent only, which passes it on once: a second one would kill.
  setpgid(0, 0);
  sigprocmask(SIG_SETMASK, &formerMask, nullptr);
  int input = open("/dev/null", O_RDONLY);
  int output = open(command.outputFile.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0666);
  bool isReady = input >= 0 && output >= 0 && dup2(input, STDIN_FILENO) >= 0 && dup2(output, STDOUT_FILENO) >= 0 &&
                 dup2(output, STDERR_FILENO) >= 0;
  if (isReady)
    execv(arguments.front(), arguments.data());
  _exit(127);
}

/// How a process ended, as CommandEvents tell it.
static std::string describeEnd(int status) {
  if (WIFSIGNALED(status))
    return std::string("ended by signal ") + strsignal(WTERMSIG(status));
  return WEXITSTATUS(status) == 0 ? "" : "exit code " + std::to_string(WEXITSTATUS(status));
}

void ProcessPool::run(llvm::ArrayRef<Command> commands, const CommandEvents &events) {
  std::vector<std::pair<size_t, pid_t>> children;
  size_t next = 0;
  while (!children.empty() || (next < commands.size() && !interrupted)) {
    while (children.size() < jobs && next < commands.size() && !interrupted) {
      events.started(next);
      pid_t child = start(commands[next]);
      if (child < 0)
        events.ended(next, std::string("it could not be started: ") + strerror(errno));
      else
        children.emplace_back(next, child);
      ++next;
    }
    if (children.empty())
      continue;
    timespec moment{0, 200'000'000};
    int signal = sigtimedwait(&signals, nullptr, &moment);
    if (signal == SIGINT || signal == SIGTERM) {
      interrupted = true;
      for (auto [index, child] : children)
        kill(child, signal);
    }
    llvm::erase_if(children, [&](std::pair<size_t, pid_t> entry) {
      int status = 0;
      if (waitpid(entry.second, &status, WNOHANG) != entry.second)
        return false;
      events.ended(entry.first, describeEnd(status));
      return true;
    });
    events.running(llvm::to_vector(llvm::make_first_range(children)));
  }
}

std::string sluice::compare::errorIn(StringRef outputFile) {
  auto buffer = llvm::MemoryBuffer::getFile(outputFile, /*IsText=*/true);
  if (!buffer)
    return "";
  StringRef text = (*buffer)->getBuffer().trim();
  for (StringRef line : llvm::split(text, '\n'))
    if (size_t start = line.find("error: "); start != StringRef::npos)
      return line.drop_front(start + strlen("error: ")).trim().str();
  return text.drop_front(text.rfind('\n') + 1).str();
}
