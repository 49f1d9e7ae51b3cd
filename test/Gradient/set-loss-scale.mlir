// The loss scale is a number of the run: no op changes.

// RUN: sluice-opt %s --sluice-set-loss-scale | FileCheck %s
// CHECK: sluice.scalars = [{help = "", name = "learning_rate", value = 1.{{0+}}e-02 : f64},
// CHECK-SAME: {above = 0.{{0+}}e+00 : f64, help = "what the loss is multiplied by {{[^"]*}}", name = "loss_scale",
// CHECK-SAME: value = 1.024000e+03 : f64}, {help = "", name = "loss_gradient", value = 1.{{0+}}e+00 : f64}]

// What the module has not is added.
// RUN: sluice-opt %s --sluice-set-loss-scale=scale=dynamic | FileCheck %s --check-prefix=DYNAMIC
// DYNAMIC: name = "loss_scale", value = 6.553600e+04 : f64}, {help = "", name = "loss_gradient",
// DYNAMIC-SAME: {help = "{{[^"]*}}", least = 1.{{0+}}e+00 : f64, name = "loss_scale_interval",
// DYNAMIC-SAME: value = 2.000000e+03 : f64}]

// A recipe may have a scale that is no power of two.
// RUN: sluice-opt %s --sluice-set-loss-scale=scale=1000 | FileCheck %s --check-prefix=RECIPE
// RECIPE: name = "loss_scale", value = 1.000000e+03 : f64}

// In the pipeline one line differs, that of the scalars, and with `none` no line does.
// RUN: sluice-opt %examples/shakespeare.json --sluice-gradient="microbatches=2" -o %t.none
// RUN: sluice-opt %examples/shakespeare.json --sluice-gradient="microbatches=2 loss-scale=64" -o %t.scaled
// RUN: sluice-opt %examples/shakespeare.json --sluice-gradient="microbatches=2 loss-scale=none" | diff %t.none -
// RUN: not diff %t.none %t.scaled | FileCheck %s --check-prefix=PIPELINE
// PIPELINE: {{^}}< module {{.*}}name = "loss_scale", value = 1.{{0+}}e+00 : f64}
// PIPELINE-NEXT: ---
// PIPELINE-NEXT: {{^}}> module {{.*}}name = "loss_scale", value = 6.4{{0+}}e+01 : f64}
// PIPELINE-NOT: {{^[<>]}}

module attributes {sluice.scalars = [
    {name = "learning_rate", value = 0.01, help = ""},
    {name = "loss_scale", value = 1.0, help = "", above = 0.0},
    {name = "loss_gradient", value = 1.0, help = ""}]} {
}
