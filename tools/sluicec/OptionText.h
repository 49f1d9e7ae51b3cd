//===- OptionText.h - Options and their values as messages name them --------------===//
#ifndef SLUICE_TOOLS_SLUICEC_OPTIONTEXT_H
#define SLUICE_TOOLS_SLUICEC_OPTIONTEXT_H

#include "llvm/Support/CommandLine.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/raw_ostream.h"
#include <string>

namespace sluice {

/// A number as people write it.
inline std::string numberText(double value) {
  std::string text;
  llvm::raw_string_ostream(text) << llvm::format("%g", value);
  return text;
}

/// " (--name=value)" of an option that was given.
template <typename Option> std::string given(const Option &option) {
  if (option.getNumOccurrences() == 0)
    return "";
  std::string text;
  llvm::raw_string_ostream(text) << " (--" << option.ArgStr << "=" << option.getValue() << ")";
  return text;
}

inline std::string given(const llvm::cl::opt<double> &option) {
  return option.getNumOccurrences() == 0 ? "" : (" (--" + option.ArgStr + "=" + numberText(option) + ")").str();
}

} // namespace sluice

#endif // SLUICE_TOOLS_SLUICEC_OPTIONTEXT_H
