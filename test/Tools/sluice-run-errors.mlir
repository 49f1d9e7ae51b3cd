// RUN: not sluice-run %s 2>&1 | FileCheck %s --check-prefix=WHAT
// WHAT: sluice-run: error: expected --function, --check-gradient or --against-f64
// RUN: not sluice-run %s --function=g 2>&1 | FileCheck %s --check-prefix=NAME
// NAME: sluice-run: error: the module has no function or graph 'g'
// RUN: not sluice-run %s --function=f --cpu=z80 2>&1 | FileCheck %s --check-prefix=CPU
// CPU: sluice-run: error: unknown processor 'z80'
// RUN: not sluice-run %s --function=f 2>&1 | FileCheck %s --check-prefix=VALUES
// VALUES: sluice-run: error: argument 0: its 'sluice.values' do not fit its type
func.func @f(%x: tensor<2x2xf32> {sluice.values = dense<1.0> : tensor<2x3xf32>}) -> tensor<2x2xf32> {
  return %x : tensor<2x2xf32>
}
