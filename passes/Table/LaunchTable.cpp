//===- LaunchTable.cpp - The exported table's kernels and launches ------------------===//
#include "passes/Table/LaunchTable.h"
#include "dialects/Sluice/SluiceDialect.h"
#include "passes/Table/TableTensor.h"

using namespace mlir;
using namespace sluice;

/// The position of a kernel in the table, where it is if it is new. Names are unique in a module.
static int32_t indexOfSymbol(const LaunchFacts &launch, Table &table) {
  const char *name = textOf(launch.symbol);
  auto found = llvm::find_if(table.symbols, [&](const sluice_symbol &symbol) { return symbol.name == name; });
  if (found == table.symbols.end()) {
    auto work = dyn_cast_or_null<KernelAttr>(launch.work);
    table.symbols.push_back({name, work ? work.getFlops() : 0, work ? work.getBytes() : 0});
    return table.symbols.size() - 1;
  }
  return found - table.symbols.begin();
}

void sluice::collectLaunches(FunctionOpInterface action, Table &table, sluice_function &entry) {
  entry.first_launch = table.launches.size();
  action.walk([&](LaunchOpInterface op) {
    LaunchFacts facts = op.getLaunch();
    sluice_launch launch = {};
    launch.symbol = indexOfSymbol(facts, table);
    llvm::copy(facts.grid, launch.grid);
    llvm::copy(facts.block, launch.block);
    launch.shared_bytes = facts.sharedBytes;
    launch.first_operand = table.operands.size();
    launch.operand_count = facts.spaces.size();
    launch.is_gated = facts.isGated;
    launch.place = textOf(facts.place);
    for (auto [space, offset] : llvm::zip_equal(facts.spaces, facts.offsets))
      table.operands.push_back({uint32_t(space), offset});
    table.launches.push_back(launch);
  });
  entry.launch_count = table.launches.size() - entry.first_launch;
}

void sluice::collectImages(ModuleOp module, Table &table) {
  auto images = module->getAttrOfType<ArrayAttr>(imagesAttrName);
  if (!images)
    return;
  for (auto image : images.getAsRange<ImageAttr>()) {
    uint32_t kind = image.getKind() == "ptx" ? SLUICE_IMAGE_PTX : SLUICE_IMAGE_CUBIN;
    table.images.push_back({kind, int32_t(image.getCapability()), textOf(image.getArchitecture()),
                            textOf(image.getBytes()), int64_t(image.getBytes().size())});
  }
}
