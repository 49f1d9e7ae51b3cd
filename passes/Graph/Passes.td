#ifndef SLUICE_GRAPH_PASSES
#define SLUICE_GRAPH_PASSES
include "mlir/Pass/PassBase.td"
#endif
