//===- Output.cpp - What the compiler writes -------------------------------------------===//
#include "tools/sluicec/Output.h"
#include "dialects/Sluice/SluiceDialect.h"
#include "passes/Target/Executable.h"
#include "tools/CommandLine.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"

using namespace sluice;
using llvm::StringRef;
namespace fs = llvm::sys::fs;

std::string sluice::checkOutput(StringRef flag, StringRef path, llvm::ArrayRef<std::string> inputs, bool isText) {
  if (path == "-")
    return isText ? "" : "expected " + flag.str() + " to be a file for what is no text, found '-'";
  std::string start = "cannot write '" + path.str() + "': ";
  StringRef folder = llvm::sys::path::parent_path(path);
  if (!folder.empty() && !fs::is_directory(folder))
    return start + "no such folder";
  if (fs::access(folder.empty() ? "." : folder, fs::AccessMode::Write))
    return start + "its folder cannot be written";
  if (fs::is_directory(path))
    return start + "expected " + flag.str() + " to be a file, found a folder";
  for (const std::string &input : inputs) {
    if (isSameFile(path, input))
      return start + "expected " + flag.str() + " to be another file than the input '" + input + "'";
    // A model can be a folder: all that lies in it is somebody's.
    llvm::SmallString<256> inside(input);
    llvm::sys::path::append(inside, llvm::sys::path::filename(path));
    if (fs::is_directory(input) && isSameFile(path, inside))
      return start + "expected " + flag.str() + " to be another file than the input '" + inside.str().str() + "'";
  }
  // Renaming a complete file to its name would take the place of a device.
  if (!isText && fs::exists(path) && !fs::is_regular_file(path))
    return start + "expected " + flag.str() + " to be a file, found a device";
  return "";
}

using Printer = llvm::function_ref<void(llvm::raw_ostream &)>;

static llvm::Error printTo(llvm::raw_fd_ostream &stream, StringRef path, Printer print) {
  print(stream);
  stream.flush();
  if (!stream.has_error())
    return llvm::Error::success();
  std::error_code code = stream.error();
  stream.clear_error();
  return llvm::createStringError(code, "cannot write '%s': %s", path.str().c_str(), code.message().c_str());
}

static llvm::Error write(StringRef path, Printer print) {
  if (path == "-")
    return printTo(llvm::outs(), "standard output", print);
  auto write = [&](StringRef file) -> llvm::Error {
    std::error_code code;
    llvm::raw_fd_ostream stream(file, code);
    if (code)
      return llvm::createStringError(code, "cannot write '%s': %s", path.str().c_str(), code.message().c_str());
    return printTo(stream, path, print);
  };
  bool isDevice = fs::exists(path) && !fs::is_regular_file(path);
  return isDevice ? write(path) : writeAtomically(path, write);
}

llvm::Error sluice::writeText(mlir::ModuleOp module, StringRef path) {
  return write(path, [&](llvm::raw_ostream &stream) { module->print(stream); });
}

llvm::Error sluice::writePtx(mlir::ModuleOp module, StringRef path) {
  // The first is that of the architecture that was asked for.
  llvm::StringRef text;
  if (auto images = module->getAttrOfType<mlir::ArrayAttr>(imagesAttrName))
    for (auto image : images.getAsRange<sluice::ImageAttr>())
      if (text.empty() && image.getKind() == "ptx")
        text = image.getBytes().getValue();
  return write(path, [&](llvm::raw_ostream &stream) { stream << text; });
}
