// RUN: split-file %s %t
// RUN: sluice-opt %t/good.mlir --sluice-verify-import
// RUN: not sluice-opt %t/attributes.mlir --sluice-verify-import 2>&1 | FileCheck %s --check-prefix=ATTRIBUTES
// RUN: not sluice-opt %t/graphs.mlir --sluice-verify-import 2>&1 | FileCheck %s --check-prefix=GRAPHS
// RUN: not sluice-opt %t/slot.mlir --sluice-verify-import 2>&1 | FileCheck %s --check-prefix=SLOT
// RUN: not sluice-opt %t/foreign.mlir --sluice-verify-import 2>&1 | FileCheck %s --check-prefix=FOREIGN

//--- good.mlir
module attributes {sluice.binary = #sluice.binary<graphs = [#sluice.graph<"eval">]>, sluice.scalars = []} {
  sluice.graph @eval(%tokens: tensor<1x2xi32>) -> tensor<1xi32> {
    %0 = arith.constant dense<0> : tensor<1xi32>
    sluice.return %0 : tensor<1xi32>
  }
}

// ATTRIBUTES: error: expected a module with the attributes 'sluice.binary' and 'sluice.scalars', an array
//--- attributes.mlir
module attributes {sluice.binary = #sluice.binary<graphs = []>} {
}

// GRAPHS: error: expected 'graphs' to name graphs of the module, found "train"
//--- graphs.mlir
module attributes {sluice.binary = #sluice.binary<graphs = [#sluice.graph<"train">]>, sluice.scalars = []} {
}

// SLOT: error: expected only ops that describe a model after import, found 'sluice.slot'
//--- slot.mlir
module attributes {sluice.binary = #sluice.binary<graphs = []>, sluice.scalars = []} {
  sluice.slot kept @x : tensor<2xf32>
}

// FOREIGN: error: expected only ops that describe a model after import, found 'func.func'
//--- foreign.mlir
module attributes {sluice.binary = #sluice.binary<graphs = []>, sluice.scalars = []} {
  func.func private @f()
}
