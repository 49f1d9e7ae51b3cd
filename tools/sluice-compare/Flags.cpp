//===- Flags.cpp - Flags of the programs that are driven -------------------------===//
#include "tools/sluice-compare/Flags.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"

using namespace sluice::compare;

std::string sluice::compare::flagName(llvm::StringRef flag) {
  if (!flag.consume_front("--"))
    return "";
  auto [name, value] = flag.split('=');
  if (name != "set")
    return name.str();
  llvm::StringRef scalar = value.split('=').first;
  return scalar.empty() ? "" : ("set." + scalar).str();
}

void Flags::add(llvm::StringRef flag) {
  auto equal = llvm::find_if(flags, [&](const std::string &other) { return flagName(other) == flagName(flag); });
  if (equal == flags.end())
    flags.push_back(flag.str());
  else
    *equal = flag.str();
}

void Flags::add(const Flags &others) {
  for (const std::string &flag : others.flags)
    add(flag);
}

std::string Flags::text() const { return llvm::join(flags, " "); }
