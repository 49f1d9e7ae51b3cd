// RUN: sluice-opt %s --sluice-insert-optimizer=optimizer=adagrad --verify-diagnostics

// expected-error @below {{expected the optimizer 'adamw' or 'sgd', found 'adagrad'}}
module {
}
