//===- SluiceTensorOps.td - What layers are made of ----------------*- tablegen -*-===//
#ifndef SLUICE_TENSOR_OPS
#define SLUICE_TENSOR_OPS

defvar cost = DeclareOpInterfaceMethods<CostOpInterface>;
defvar contraction = DeclareOpInterfaceMethods<ContractionOpInterface>;
defvar computeType = ComputeTypeOpInterface;
defvar accumulation = AccumulationOpInterface;
defvar joinsWithBackward = DeclareOpInterfaceMethods<JoinsWithBackwardOpInterface, ["getNumResultsForBackward"]>;

/// Says which operands contractions alone use, by their names in upper camel case.
class OnlyRounded<list<string> operands> {
  code declaration = "bool isOnlyRounded(::mlir::OpOperand &operand) { return " #
                     !interleave(!foreach(name, operands, "&operand == &get" # name # "Mutable()"), " || ") # "; }";
}

//===-- Element by element -------------------------------------------------------===//

class Sluice_BinaryOp<string mnemonic, list<Trait> traits = []>
    : Sluice_TensorOp<mnemonic, !listconcat(traits, [cost])> {
  let arguments = (ins Sluice_FloatTensor:$lhs, Sluice_FloatTensor:$rhs, UnitAttr:$residual);
  let results = (outs Sluice_FloatTensor:$result);
  let assemblyFormat = "$lhs `,` $rhs (`residual` $residual^)? attr-dict `:` type($lhs) `,` type($rhs)";
  let hasVerifier = 1;
  let hasFolder = 1;
  let builders = [OpBuilder<(ins "::mlir::Value":$lhs, "::mlir::Value":$rhs),
                            [{ build($_builder, $_state, lhs.getType(), lhs, rhs, false); }]>];
}

def AddOp : Sluice_BinaryOp<"add", [AllTypesMatch<["lhs", "result"]>]> {
  let summary = "sum; the right side is broadcast over the leading dimensions";
  let description = [{
    - The element types are equal, and the shape of the right side is a suffix of the left side's. The result has the
      type of the left side.
    - `residual` marks the right side as a branch that is added to the residual stream, so that a gate can scale or skip
      it. Then both shapes are equal.

    ```mlir
    %y = sluice.add %x, %bias : tensor<2x4x8xf32>, tensor<8xf32>
    ```
  }];
}
def MulOp : Sluice_BinaryOp<"mul", [AllTypesMatch<["lhs", "result"]>]> {
  let summary = "product; the right side is broadcast over the leading dimensions";
  let description = [{
    - The element types are equal, and the shape of the right side is a suffix of the left side's. The result has the
      type of the left side.
    - It is never `residual`.

    ```mlir
    %y = sluice.mul %x, %weight : tensor<2x4x8xf32>, tensor<8xf32>
    ```
  }];
}

def ScaleOp : Sluice_TensorOp<"scale", [AllTypesMatch<["input", "result"]>]> {
  let summary = "product with a constant";
  let description = [{
    Input and result have one type; the factor is an attribute.

    ```mlir
    %y = sluice.scale %x by 5.0e-01 : tensor<2x4xf32>
    ```
  }];
  let arguments = (ins Sluice_FloatTensor:$input, F64Attr:$factor);
  let results = (outs Sluice_FloatTensor:$result);
  let assemblyFormat = "$input `by` $factor attr-dict `:` type($input)";
  let hasFolder = 1;
}

def DropoutOp : Sluice_TensorOp<"dropout", [AllTypesMatch<["input", "result"]>]> {
  let summary = "zeroes elements at random and scales the others by 1/(1 - rate)";
  let description = [{
    - Operands: input [samples, ...]; `key` [4], the words of `sluice.key`; `layer` [1], i32; `rate` [], f64. The result
      has the input's type.
    - `ordinal` lies in [0, 255] and tells the dropouts of a layer apart.
    - The rate counts as 0 below 0, and as 1 - 2^-32 above that. A rate of 0 keeps every bit of the input.
    - Element e of a sample is kept when the first word of Philox4x32-10 is at least rate x 2^32. Its key is the seed,
      its counter (e, global sample, step, 256 x layer + ordinal).
    - The mask is computed again for backward, never stored.

    ```mlir
    %y = sluice.dropout %x, %key, %layer rate %rate ordinal 6
        : tensor<2x4x8xf32>, tensor<4xi32>, tensor<1xi32>, tensor<f64>
    ```
  }];
  let arguments = (ins Sluice_FloatTensor:$input, Sluice_KeyTensor:$key, Sluice_IntegerTensor:$layer,
                       Sluice_RateTensor:$rate, I64Attr:$ordinal);
  let results = (outs Sluice_FloatTensor:$result);
  let assemblyFormat = [{
    $input `,` $key `,` $layer `rate` $rate `ordinal` $ordinal attr-dict
    `:` type($input) `,` type($key) `,` type($layer) `,` type($rate)
  }];
  let hasVerifier = 1;
  let hasFolder = 1;
}

def BernoulliOp : Sluice_Op<"bernoulli", [Pure, AllTypesMatch<["probability", "result"]>]> {
  let summary = "ones with given probabilities, else zeros";
  let description = [{
    - Operands: `key` [4], the words of `sluice.key`; probabilities [N]. The result has their type. A draw has no
      gradient.
    - Element e is 1 when the first word of Philox4x32-10 is below probability[e] x 2^32. Its key is the seed, its
      counter (e, global micro-batch, step, 2^32 - 1).
    - With `step` the word of the micro-batch is 0, so that all micro-batches of a step draw alike.

    ```mlir
    %keep = sluice.bernoulli %key, %probability : tensor<4xi32>, tensor<6xf64>
    ```
  }];
  let arguments = (ins Sluice_KeyTensor:$key, Sluice_FloatTensor:$probability, UnitAttr:$step);
  let results = (outs Sluice_FloatTensor:$result);
  let assemblyFormat = "(`step` $step^)? $key `,` $probability attr-dict `:` type($key) `,` type($probability)";
  let hasVerifier = 1;
}

//===-- Shapes -------------------------------------------------------------------===//

def ReshapeOp : Sluice_TensorOp<"reshape", [OnlyRearranges, RepeatedInBackward]> {
  let summary = "the same elements in another shape";
  let description = [{
    Input and result have equally many elements of the same type.

    ```mlir
    %y = sluice.reshape %x : tensor<2x3x4xf32> to tensor<6x4xf32>
    ```
  }];
  let arguments = (ins Sluice_FloatTensor:$input);
  let results = (outs Sluice_FloatTensor:$result);
  let assemblyFormat = "$input attr-dict `:` type($input) `to` type($result)";
  let hasVerifier = 1;
  let hasFolder = 1;
}
def SliceRowsOp : Sluice_TensorOp<"slice_rows", [OnlyRearranges, RepeatedInBackward]> {
  let summary = "the first rows of a table";
  let description = [{
    Both are of rank 2, equally wide and of one element type; the result has at most as many rows as the input.

    ```mlir
    %rows = sluice.slice_rows %table : tensor<8x4xf32> to tensor<3x4xf32>
    ```
  }];
  let arguments = (ins Sluice_FloatTensor:$input);
  let results = (outs Sluice_FloatTensor:$result);
  let assemblyFormat = "$input attr-dict `:` type($input) `to` type($result)";
  let hasVerifier = 1;
  let hasFolder = 1;
}
def PadRowsOp : Sluice_Op<"pad_rows", [Pure]> {
  let summary = "a table with rows of zeros appended: the gradient of `sluice.slice_rows`";
  let description = [{
    Both are of rank 2, equally wide and of one element type; the result has at least as many rows as the input.

    ```mlir
    %dtable = sluice.pad_rows %drows : tensor<3x4xf32> to tensor<8x4xf32>
    ```
  }];
  let arguments = (ins Sluice_FloatTensor:$input);
  let results = (outs Sluice_FloatTensor:$result);
  let assemblyFormat = "$input attr-dict `:` type($input) `to` type($result)";
  let hasVerifier = 1;
}
def SplitOp : Sluice_TensorOp<"split", [OnlyRearranges, RepeatedInBackward]> {
  let summary = "cuts the last dimension into parts";
  let description = [{
    The last dimensions of the results add up to the input's; the other dimensions and the element types are equal.

    ```mlir
    %q, %k, %v = sluice.split %x : tensor<2x12xf32> to tensor<2x4xf32>, tensor<2x4xf32>, tensor<2x4xf32>
    ```
  }];
  let arguments = (ins Sluice_FloatTensor:$input);
  let results = (outs Variadic<Sluice_FloatTensor>:$results);
  let assemblyFormat = "$input attr-dict `:` type($input) `to` type($results)";
  let hasVerifier = 1;
}
def ConcatOp : Sluice_TensorOp<"concat"> {
  let summary = "joins parts along the last dimension";
  let description = [{
    The last dimensions of the inputs add up to the result's; the other dimensions and the element types are equal.

    ```mlir
    %dx = sluice.concat %dq, %dk, %dv : tensor<2x4xf32>, tensor<2x4xf32>, tensor<2x4xf32> to tensor<2x12xf32>
    ```
  }];
  let arguments = (ins Variadic<Sluice_FloatTensor>:$inputs);
  let results = (outs Sluice_FloatTensor:$result);
  let assemblyFormat = "$inputs attr-dict `:` type($inputs) `to` type($result)";
  let hasVerifier = 1;
}
def SumLeadingOp : Sluice_Op<"sum_leading", [Pure]> {
  let summary = "sums over leading dimensions: the gradient of a broadcast";
  let description = [{
    The result's shape is a suffix of the input's; the element types are equal.

    ```mlir
    %dbias = sluice.sum_leading %dy : tensor<2x4x8xf32> to tensor<8xf32>
    ```
  }];
  let arguments = (ins Sluice_FloatTensor:$input);
  let results = (outs Sluice_FloatTensor:$result);
  let assemblyFormat = "$input attr-dict `:` type($input) `to` type($result)";
  let hasVerifier = 1;
  let hasFolder = 1;
}
def ElementOp : Sluice_Op<"element", [Pure]> {
  let summary = "one element of a vector";
  let description = [{
    - Operands: vector [N]; index [1], i32, in [0, N). The result is of rank 0 and of the vector's element type.
    - It has no gradient.

    ```mlir
    %p = sluice.element %probability[%i] : tensor<6xf64>, tensor<1xi32> to tensor<f64>
    ```
  }];
  let arguments = (ins Sluice_FloatTensor:$vector, Sluice_IntegerTensor:$index);
  let results = (outs Sluice_FloatTensor:$result);
  let assemblyFormat = "$vector `[` $index `]` attr-dict `:` type($vector) `,` type($index) `to` type($result)";
  let hasVerifier = 1;
}
def ZeroOp : Sluice_Op<"zero", [Pure, RepeatedInBackward]> {
  let summary = "zeros";
  let description = [{
    ```mlir
    %zero = sluice.zero : tensor<2x4xf32>
    ```
  }];
  let results = (outs Sluice_FloatTensor:$result);
  let assemblyFormat = "attr-dict `:` type($result)";
}

//===-- Tables -------------------------------------------------------------------===//

def EmbeddingOp : Sluice_TensorOp<"embedding", [DeclareOpInterfaceMethods<CostOpInterface, ["getBytesMoved"]>]> {
  let summary = "rows of a table by index";
  let description = [{
    - Operands: indices [...], i32; table [V, C]. Result: rows [..., C] of the table's element type.
    - Indices lie in [0, V), which the runtime guarantees.

    ```mlir
    %x = sluice.embedding %tokens, %wte : tensor<2x4xi32>, tensor<16x8xf32> to tensor<2x4x8xf32>
    ```
  }];
  let arguments = (ins Sluice_IntegerTensor:$indices, Sluice_FloatTensor:$table);
  let results = (outs Sluice_FloatTensor:$result);
  let assemblyFormat = "$indices `,` $table attr-dict `:` type($indices) `,` type($table) `to` type($result)";
  let hasVerifier = 1;
}
def EmbeddingBackwardOp : Sluice_Op<"embedding_backward", [Pure]> {
  let summary = "the gradient of `sluice.embedding` with respect to its table";
  let description = [{
    - Operands: gradient of the rows [..., C]; indices [...], i32. Result: gradient of the table [V, C], of one element
      type with that of the rows.
    - Rows are added in ascending order of the flattened indices; rows that no index names are zero.

    ```mlir
    %dwte = sluice.embedding_backward %dx, %tokens : tensor<2x4x8xf32>, tensor<2x4xi32> to tensor<16x8xf32>
    ```
  }];
  let arguments = (ins Sluice_FloatTensor:$gradient, Sluice_IntegerTensor:$indices);
  let results = (outs Sluice_FloatTensor:$result);
  let assemblyFormat = "$gradient `,` $indices attr-dict `:` type($gradient) `,` type($indices) `to` type($result)";
  let hasVerifier = 1;
}

#endif // SLUICE_TENSOR_OPS
