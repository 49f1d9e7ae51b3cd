//===- Precompiled.h - Headers that most passes share ---------------------------===//
//
// Precompiled once: parsing these takes longer than compiling a pass. Sources include what they use all the same, so
// that they compile without it.
//
//===----------------------------------------------------------------------===//
#ifndef SLUICE_PASSES_PRECOMPILED_H
#define SLUICE_PASSES_PRECOMPILED_H

#include "dialects/Sluice/SluiceDialect.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/DialectConversion.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

#endif // SLUICE_PASSES_PRECOMPILED_H
