//===- AbiLayout.cpp - The ABI's structures as constants of the LLVM dialect ------===//
#include "passes/Table/AbiLayout.h"

using namespace mlir;
using namespace sluice;

void AbiWriter::writeGlobal(StringRef name, Type type, LLVM::Linkage linkage, llvm::function_ref<Value()> initializer) {
  auto global = LLVM::GlobalOp::create(builder, type, /*isConstant=*/true, linkage, name, Attribute());
  OpBuilder::InsertionGuard guard(builder);
  builder.createBlock(&global.getInitializerRegion());
  Value value = initializer();
  LLVM::ReturnOp::create(builder, value);
}

void AbiWriter::writeBytes(StringRef name, StringRef bytes) {
  std::string terminated = bytes.str();
  terminated.push_back('\0');
  auto type = LLVM::LLVMArrayType::get(builder.getI8Type(), terminated.size());
  // As a file in memory may ask for.
  constexpr uint64_t alignment = 16;
  LLVM::GlobalOp::create(builder, type, /*isConstant=*/true, LLVM::Linkage::Internal, name,
                         builder.getStringAttr(terminated), alignment);
  registerSymbol(bytes.data(), name);
}

const std::string &AbiWriter::stringGlobal(StringRef text) {
  auto [entry, isNew] = strings.try_emplace(text);
  if (isNew) {
    entry->second = ("sluice_string_" + Twine(strings.size() - 1)).str();
    std::string terminated = text.str();
    terminated.push_back('\0');
    auto type = LLVM::LLVMArrayType::get(builder.getI8Type(), terminated.size());
    OpBuilder::InsertionGuard guard(builder);
    // Never within the global whose initializer is being written.
    auto module = builder.getInsertionBlock()->getParentOp();
    if (!isa<ModuleOp>(module))
      builder.setInsertionPoint(module);
    LLVM::GlobalOp::create(builder, type, /*isConstant=*/true, LLVM::Linkage::Internal, entry->second,
                           builder.getStringAttr(terminated));
  }
  return entry->second;
}
