//===- TuneCache.cpp - Strategies that were measured --------------------------------===//
#include "passes/CPU/TuneCache.h"
#include "passes/Target/Executable.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace sluice;
using namespace sluice::cpu;
namespace json = llvm::json;

static constexpr int64_t version = 1;

std::string TuneCache::keyOf(const Contraction &contraction) {
  auto contiguous = [&](const Contraction::Operand &operand, std::optional<unsigned> own, char letter) {
    std::string text(1, contraction.isContiguous(operand, own)             ? letter
                        : contraction.isContiguous(operand, contraction.k) ? 'k'
                                                                           : '-');
    bool isNarrow = operand.type.getElementType() != contraction.elementType();
    return isNarrow ? text + std::to_string(operand.type.getElementTypeBitWidth()) : text;
  };
  std::string type;
  llvm::raw_string_ostream(type) << (contraction.computeType ? contraction.computeType : contraction.elementType());
  if (contraction.narrow)
    type += " " + textOf(contraction.narrow->accumulation);
  return (llvm::Twine(type) + " " +
          llvm::Twine(contraction.product(contraction.outer) * contraction.product(contraction.outerSums)) + "x" +
          llvm::Twine(contraction.size(contraction.m)) + "x" + llvm::Twine(contraction.size(contraction.n)) + "x" +
          llvm::Twine(contraction.size(contraction.k)) + " " + contiguous(contraction.a, contraction.m, 'm') +
          contiguous(contraction.b, contraction.n, 'n'))
      .str();
}

llvm::Expected<TuneCache> TuneCache::read(StringRef path, bool isMissingAllowed) {
  TuneCache cache;
  auto file = llvm::MemoryBuffer::getFile(path, /*IsText=*/true);
  if (!file) {
    if (isMissingAllowed && file.getError() == std::errc::no_such_file_or_directory)
      return cache;
    return llvm::createStringError(file.getError(), "cannot read '%s': %s", path.str().c_str(),
                                   file.getError().message().c_str());
  }
  auto complain = [&](const llvm::Twine &what) {
    return llvm::createStringError("'" + path + "' is no cache of strategies: " + what);
  };
  llvm::Expected<json::Value> value = json::parse((*file)->getBuffer());
  if (!value)
    return complain(llvm::toString(value.takeError()));
  json::Object *object = value->getAsObject();
  if (!object || object->getInteger("version") != version)
    return complain("expected an object with \"version\": " + llvm::Twine(version));
  json::Object *processors = object->getObject("processors");
  if (!processors)
    return complain("expected an object 'processors'");
  cache.processors = std::move(*processors);
  return cache;
}

llvm::Error TuneCache::write(StringRef path) const {
  return writeAtomically(path, [&](StringRef temporary) -> llvm::Error {
    std::error_code code;
    llvm::raw_fd_ostream stream(temporary, code);
    if (code)
      return llvm::createStringError(code, "cannot write '%s': %s", temporary.str().c_str(), code.message().c_str());
    stream << llvm::formatv("{0:2}\n",
                            json::Value(json::Object{{"version", version}, {"processors", json::Object(processors)}}));
    return llvm::Error::success();
  });
}

static std::optional<SmallVector<int64_t>> integers(const json::Object &object, StringRef key) {
  const json::Array *array = object.getArray(key);
  if (!array)
    return std::nullopt;
  SmallVector<int64_t> result;
  for (const json::Value &value : *array) {
    std::optional<int64_t> number = value.getAsInteger();
    if (!number)
      return std::nullopt;
    result.push_back(*number);
  }
  return result;
}

StrategyAttr TuneCache::find(StringRef processor, StringRef key, MLIRContext *context) const {
  const json::Object *entries = processors.getObject(processor);
  const json::Object *entry = entries ? entries->getObject(key) : nullptr;
  if (!entry)
    return {};
  auto registerBlock = integers(*entry, "register"), cacheBlock = integers(*entry, "cache");
  std::optional<int64_t> vector = entry->getInteger("vector");
  std::optional<bool> packsA = entry->getBoolean("packs_a");
  bool packsB = entry->getBoolean("packs_b").value_or(true);
  int64_t vnni = entry->getInteger("vnni").value_or(1), tile = entry->getInteger("tile").value_or(0);
  int64_t panels = entry->getInteger("panels").value_or(1);
  if (!registerBlock || !cacheBlock || !vector || !packsA)
    return {};
  auto ignore = [&] {
    InFlightDiagnostic diagnostic = mlir::emitError(UnknownLoc::get(context));
    diagnostic.abandon();
    return diagnostic;
  };
  if (failed(StrategyAttr::verify(ignore, *registerBlock, *cacheBlock, *vector, *packsA, packsB, vnni, tile, panels)))
    return {};
  return StrategyAttr::get(context, *registerBlock, *cacheBlock, *vector, *packsA, packsB, vnni, tile, panels);
}

void TuneCache::set(StringRef processor, StringRef key, StrategyAttr strategy) {
  // Keys that own their text.
  if (!processors.getObject(processor))
    processors[json::ObjectKey(processor.str())] = json::Object();
  json::Object entry{{"register", json::Array(strategy.getRegisterBlock())},
                     {"cache", json::Array(strategy.getCacheBlock())},
                     {"vector", strategy.getVectorSize()},
                     {"packs_a", strategy.getPacksA()}};
  if (!strategy.getPacksB())
    entry["packs_b"] = false;
  if (strategy.getVnni() != 1)
    entry["vnni"] = strategy.getVnni();
  if (strategy.getTile() != 0)
    entry["tile"] = strategy.getTile();
  if (strategy.getPanels() != 1)
    entry["panels"] = strategy.getPanels();
  (*processors.getObject(processor))[json::ObjectKey(key.str())] = std::move(entry);
}
