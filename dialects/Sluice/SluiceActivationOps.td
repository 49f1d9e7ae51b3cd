//===- SluiceActivationOps.td - Functions of one element -----------*- tablegen -*-===//
#ifndef SLUICE_ACTIVATION_OPS
#define SLUICE_ACTIVATION_OPS

def Sluice_GeluForm : I32EnumAttr<"GeluForm", "form of GELU", [
    I32EnumAttrCase<"Tanh", 0, "tanh">, I32EnumAttrCase<"Erf", 1, "erf">]> {
  let cppNamespace = "::sluice";
}

/// An activation as three ops: NAMEOp, its gradient NAMEBackwardOp, and both in one, NAMEWithGradientOp.
/// What it computes of an element is `NAMEOp::formula`, defined in a source of its own in `Activations`; all else
/// follows.
/// `what` is its summary, `text` its formula in words, and `flops` counts the operations of an element.
/// An activation with several forms has an attribute `form` of the enumeration `formType`, of which `example` is one.
multiclass Sluice_Activation<string mnemonic, string what, string text, int flops, dag form = (ins),
                             string formType = "", string example = ""> {
  defvar hasForm = !not(!empty(formType));
  defvar formFormat = !if(hasForm, "$form ", "");
  defvar exampleForm = !if(hasForm, example # " ", "");
  defvar getForm = !if(hasForm, ", getForm()", "");
  defvar formula = "::sluice::ActivationFormula buildFormula(::sluice::Formula &f, ::mlir::Value x);";
  defvar formulaDefinition = !subst("NAME", NAME, !subst("FORM", getForm, [{
    ::sluice::ActivationFormula $cppClass::buildFormula(::sluice::Formula &f, ::mlir::Value x) {
      return NAMEOp::formula(f, xFORM);
    }
  }]));

  def Op : Sluice_TensorOp<mnemonic, [AllTypesMatch<["input", "result"]>, ActivationOpInterface, RepeatedInBackward,
                                      DeclareOpInterfaceMethods<CostOpInterface>,
                                      DeclareOpInterfaceMethods<JoinsWithBackwardOpInterface>]> {
    let summary = what;
    let description = text # "\nInput and result have one type.\n\n```mlir\n%y = sluice." # mnemonic # " " #
                      exampleForm # "%x : tensor<2x4xf32>\n```\n";
    let arguments = !con((ins Sluice_FloatTensor:$input), form);
    let results = (outs Sluice_FloatTensor:$result);
    let assemblyFormat = formFormat # "$input attr-dict `:` type($input)";
    let extraClassDeclaration = formula # !subst("FORM", !if(hasForm, ", " # formType # " form", ""), [{
      /// What the activation computes of an element.
      static ::sluice::ActivationFormula formula(::sluice::Formula &f, ::mlir::Value xFORM);
    }]);
    let extraClassDefinition = formulaDefinition # !subst("NAME", NAME, !subst("FORM", getForm, [{
      int64_t $cppClass::getFlops() { return }] # flops # [{ * getInput().getType().getNumElements(); }
      ::llvm::LogicalResult $cppClass::buildBackward(::mlir::OpBuilder &b, ::mlir::ValueRange dy,
                                                     ::llvm::SmallVectorImpl<::mlir::Value> &dx) {
        dx[0] = NAMEBackwardOp::create(b, getLoc(), getType(), dy[0], getInput()FORM);
        return ::mlir::success();
      }
      ::llvm::SmallVector<::mlir::Operation *> $cppClass::findBackwards() {
        ::llvm::SmallVector<::mlir::Operation *> found;
        for (::mlir::Operation *user : getInput().getUsers())
          if (auto backward = ::mlir::dyn_cast<NAMEBackwardOp>(user);
              backward && backward.getInput() == getInput() &&
              backward->getPropertiesAsAttribute() == (*this)->getPropertiesAsAttribute())
            found.push_back(user);
        return found;
      }
      ::llvm::SmallVector<::mlir::Value> $cppClass::buildJoined(::mlir::OpBuilder &b, ::mlir::Operation *backward) {
        ::mlir::Value gradient = ::mlir::cast<NAMEBackwardOp>(backward).getGradient();
        auto joined = NAMEWithGradientOp::create(b, getLoc(), getType(), getType(), gradient, getInput()FORM);
        return {joined.getResult(), joined.getDinput()};
      }
    }]));
  }

  def BackwardOp : Sluice_Op<mnemonic # "_backward", [Pure, AllTypesMatch<["input", "gradient", "result"]>,
                                                      ActivationOpInterface]> {
    let summary = "the gradient of `sluice." # mnemonic # "` with respect to its input";
    let description = "The gradient of the result times the derivative at the input. " #
                      "Operands and result have one type.\n\n```mlir\n%dx = sluice." # mnemonic # "_backward " #
                      exampleForm # "%dy, %x : tensor<2x4xf32>\n```\n";
    let arguments = !con((ins Sluice_FloatTensor:$gradient, Sluice_FloatTensor:$input), form);
    let results = (outs Sluice_FloatTensor:$result);
    let assemblyFormat = formFormat # "$gradient `,` $input attr-dict `:` type($input)";
    let extraClassDeclaration = formula;
    let extraClassDefinition = formulaDefinition;
  }

  def WithGradientOp : Sluice_Op<mnemonic # "_with_gradient",
                                 [Pure, AllTypesMatch<["input", "gradient", "result", "dinput"]>,
                                  DeclareOpInterfaceMethods<ActivationOpInterface, ["buildApart"]>]> {
    let summary = "`sluice." # mnemonic #
                  "` and the gradient with respect to its input, which share most of their work";
    let description = "Operands and results have one type.\n\n```mlir\n%y, %dx = sluice." # mnemonic #
                      "_with_gradient " # exampleForm # "%dy, %x : tensor<2x4xf32>\n```\n";
    let arguments = !con((ins Sluice_FloatTensor:$gradient, Sluice_FloatTensor:$input), form);
    let results = (outs Sluice_FloatTensor:$result, Sluice_FloatTensor:$dinput);
    let assemblyFormat = formFormat # "$gradient `,` $input attr-dict `:` type($input)";
    let extraClassDefinition = formulaDefinition # !subst("NAME", NAME, !subst("FORM", getForm, [{
      ::llvm::SmallVector<::mlir::Value> $cppClass::buildApart(::mlir::OpBuilder &b) {
        return {NAMEOp::create(b, getLoc(), getType(0), getInput()FORM).getResult(),
                NAMEBackwardOp::create(b, getLoc(), getType(0), getGradient(), getInput()FORM).getResult()};
      }
    }]));
  }
}

// A tanh or erf is a polynomial of about ten operations.
defm Gelu : Sluice_Activation<"gelu", "Gaussian error linear unit (Hendrycks and Gimpel, arXiv 1606.08415)", [{
    `erf`: x/2 (1 + erf(x/sqrt 2)). `tanh`: x/2 (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))).
  }], 20, (ins Sluice_GeluForm:$form), "::sluice::GeluForm", "tanh">;

defm Relu : Sluice_Activation<"relu", "rectified linear unit", [{
    max(x, 0), and a NaN stays one. The derivative at 0 is 0.
  }], 1>;

defm Silu : Sluice_Activation<"silu", "sigmoid linear unit, also called swish", [{
    x sigmoid(x), with sigmoid(x) = 1/(1 + exp(-x)) (Ramachandran et al., arXiv 1710.05941).
  }], 14>;

defm QuickGelu : Sluice_Activation<"quick_gelu", "GELU by a sigmoid (Hendrycks and Gimpel, arXiv 1606.08415)", [{
    x sigmoid(1.702 x), within 0.021 of GELU.
  }], 14>;

#endif // SLUICE_ACTIVATION_OPS
