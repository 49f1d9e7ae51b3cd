//===- SluiceOps.td - Ops of the training graph --------------------*- tablegen -*-===//
#ifndef SLUICE_OPS
#define SLUICE_OPS

include "SluiceDialect.td"
include "SluiceBinaryAttrs.td"
include "SluicePrecisionAttrs.td"
include "SluiceInterfaces.td"
include "SluiceSumInterfaces.td"
include "mlir/Interfaces/InferTypeOpInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"
include "mlir/Interfaces/DestinationStyleOpInterface.td"
include "mlir/Interfaces/FunctionInterfaces.td"
include "mlir/IR/SymbolInterfaces.td"
include "mlir/IR/RegionKindInterface.td"
include "mlir/Interfaces/ControlFlowInterfaces.td"
include "mlir/Interfaces/CallInterfaces.td"

def Sluice_Float : AnyTypeOf<[F32, F64, BF16, F16]>;
def Sluice_FloatTensor : StaticShapeTensorOf<[Sluice_Float]>;
def Sluice_IntegerTensor : StaticShapeTensorOf<[I32]>;
def Sluice_KeyTensor : 1DTensorOf<[I32]>;
def Sluice_RateTensor : 0DTensorOf<[F64]>;
def Sluice_Sums : OptionalAttr<Sluice_AccumulationAttr>;
def Sluice_ComputeType : OptionalAttr<TypeAttrOf<AnyTypeOf<[BF16, F16, TF32], "", "::mlir::FloatType">>>;
/// Of attention, whose factors have 16 bits.
def Sluice_NarrowType : OptionalAttr<TypeAttrOf<AnyTypeOf<[BF16, F16], "", "::mlir::FloatType">>>;
def Sluice_Tensor : AnyTypeOf<[Sluice_FloatTensor, Sluice_IntegerTensor]>;

class Sluice_Op<string mnemonic, list<Trait> traits = []> : Op<Sluice_Dialect, mnemonic, traits>;
/// An op without effects that knows its own gradient.
class Sluice_TensorOp<string mnemonic, list<Trait> traits = []>
    : Sluice_Op<mnemonic, !listconcat([Pure, DeclareOpInterfaceMethods<DifferentiableOpInterface>], traits)>;

include "SluiceGraphOps.td"
include "SluiceTensorOps.td"
include "SluiceContractionOps.td"
include "SluiceNormAndLossOps.td"
include "SluiceOptimizerOps.td"
include "SluiceActivationOps.td"
include "SluiceKernelOps.td"

#endif // SLUICE_OPS
