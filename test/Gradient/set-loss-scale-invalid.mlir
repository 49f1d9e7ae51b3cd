// RUN: sluice-opt %s --sluice-set-loss-scale --verify-diagnostics --split-input-file
// RUN: not sluice-opt %s --sluice-set-loss-scale=scale=0 --split-input-file 2>&1 | FileCheck %s --check-prefix=ZERO
// RUN: not sluice-opt %s --sluice-set-loss-scale=scale=-8 --split-input-file 2>&1 | FileCheck %s --check-prefix=BELOW
// RUN: not sluice-opt %s --sluice-set-loss-scale=scale=inf --split-input-file 2>&1 | FileCheck %s --check-prefix=INF
// RUN: not sluice-opt %s --sluice-set-loss-scale=scale=nan --split-input-file 2>&1 | FileCheck %s --check-prefix=NAN
// RUN: not sluice-opt %s --sluice-set-loss-scale=scale=some --split-input-file 2>&1 | FileCheck %s --check-prefix=WORD

// ZERO: error: expected a loss scale of 'dynamic' or a number above 0, found '0'
// BELOW: error: expected a loss scale of 'dynamic' or a number above 0, found '-8'
// INF: error: expected a loss scale of 'dynamic' or a number above 0, found 'inf'
// NAN: error: expected a loss scale of 'dynamic' or a number above 0, found 'nan'
// WORD: error: expected a loss scale of 'dynamic' or a number above 0, found 'some'

// Nothing is differentiated.
// expected-error @below {{expected a differentiated loss to scale, whose gradient is 'loss_gradient', found none}}
module attributes {sluice.scalars = [{name = "learning_rate", value = 0.01, help = ""}]} {
}

// -----

// expected-error @below {{expected a differentiated loss to scale}}
module {
}
