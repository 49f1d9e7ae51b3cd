// Copies and readers of parameters, and messages between stages.
// RUN: sluice-opt %s --split-input-file --verify-diagnostics

// expected-error @below {{'sluice.parameter' op expected a parameter named 'w' that it is a copy of}}
sluice.parameter @copy : tensor<4xf32> {init = #sluice.constant<0.0>, stage = 1, copy_of = @w}

// -----

// expected-note @below {{that is 'w'}}
sluice.parameter @w : tensor<4xf32> {init = #sluice.constant<0.0>, stage = 1}
// expected-error @below {{of a parameter of another stage and the same type that is no copy and has no readers}}
sluice.parameter @of_its_own_stage : tensor<4xf32> {init = #sluice.constant<0.0>, stage = 1, copy_of = @w}

// -----

// expected-note @below {{that is 'w'}}
sluice.parameter @w : tensor<8xf32> {init = #sluice.constant<0.0>, stage = 0}
// expected-error @below {{of a parameter of another stage and the same type that is no copy and has no readers}}
sluice.parameter @of_another_type : tensor<4xf32> {init = #sluice.constant<0.0>, stage = 1, copy_of = @w}

// -----

sluice.parameter @w : tensor<4xf32> {init = #sluice.constant<0.0>, stage = 0}
// expected-note @below {{that is 'copy'}}
sluice.parameter @copy : tensor<4xf32> {init = #sluice.constant<0.0>, stage = 1, copy_of = @w}
// expected-error @below {{of a parameter of another stage and the same type that is no copy and has no readers}}
sluice.parameter @of_a_copy : tensor<4xf32> {init = #sluice.constant<0.0>, stage = 2, copy_of = @copy}

// -----

// expected-note @below {{that is 'w'}}
sluice.parameter @w : tensor<4xf32> {init = #sluice.constant<0.0>, stage = 2, readers = array<i64: 0>}
// expected-error @below {{of a parameter of another stage and the same type that is no copy and has no readers}}
sluice.parameter @of_one_with_readers : tensor<4xf32> {init = #sluice.constant<0.0>, stage = 1, copy_of = @w}

// -----

sluice.parameter @w : tensor<4xf32> {init = #sluice.constant<0.0>, stage = 0}
// expected-error @below {{expected no 'readers' of a copy}}
sluice.parameter @copy : tensor<4xf32> {init = #sluice.constant<0.0>, stage = 2, copy_of = @w, readers = array<i64: 1>}

// -----

// expected-error @below {{expected ascending 'readers', at least one, before its stage 2, found []}}
sluice.parameter @w : tensor<4xf32> {init = #sluice.constant<0.0>, stage = 2, readers = array<i64>}

// -----

// expected-error @below {{expected ascending 'readers', at least one, before its stage 2, found [1, 1]}}
sluice.parameter @w : tensor<4xf32> {init = #sluice.constant<0.0>, stage = 2, readers = array<i64: 1, 1>}

// -----

// expected-error @below {{expected ascending 'readers', at least one, before its stage 2, found [0, 2]}}
sluice.parameter @w : tensor<4xf32> {init = #sluice.constant<0.0>, stage = 2, readers = array<i64: 0, 2>}

// -----

// expected-error @below {{expected ascending 'readers', at least one, before its stage 2, found [-1]}}
sluice.parameter @w : tensor<4xf32> {init = #sluice.constant<0.0>, stage = 2, readers = array<i64: -1>}

// -----

// expected-error @below {{expected ascending 'readers', at least one, before its stage 0, found [0]}}
sluice.parameter @w : tensor<4xf32> {init = #sluice.constant<0.0>, readers = array<i64: 0>}

// -----

// expected-error @below {{attribute 'stage' failed to satisfy constraint: 64-bit signless integer attribute}}
sluice.parameter @w : tensor<4xf32> {init = #sluice.constant<0.0>, stage = -1}

// -----

// expected-error @below {{attribute 'stage' failed to satisfy constraint: 64-bit signless integer attribute}}
sluice.slot kept @x : tensor<4xf32> {stage = -1}

// -----

// expected-error @below {{expected as many slots that are sent as that are received, at least one, found 0 and 0}}
sluice.message @m behind <forward> of "train" from 0 to 1 sends [] receives []

// -----

sluice.slot boundary @x : tensor<4xf32> {stage = 0}
sluice.slot boundary @y : tensor<4xf32> {stage = 1}
// expected-error @below {{expected as many slots that are sent as that are received, at least one, found 1 and 2}}
sluice.message @m behind <forward> of "train" from 0 to 1 sends [@x] receives [@y, @y]

// -----

sluice.slot boundary @x : tensor<4xf32> {stage = 0}
sluice.slot boundary @y : tensor<4xf32> {stage = 2}
// expected-error @below {{expected the next stage behind 'forward' of stage 0, found stage 2}}
sluice.message @m behind <forward> of "train" from 0 to 2 sends [@x] receives [@y]

// -----

sluice.slot boundary @x : tensor<4xf32> {stage = 0}
sluice.slot boundary @y : tensor<4xf32> {stage = 1}
// expected-error @below {{expected the stage before behind 'backward' of stage 0, found stage 1}}
sluice.message @m behind <backward> of "train" from 0 to 1 sends [@x] receives [@y]

// -----

sluice.slot exchange @x : tensor<4xf32> {stage = 0}
// expected-error @below {{expected another stage behind 'tied' of stage 0, found stage 0}}
sluice.message @m behind <tied> of "train" from 0 to 0 sends [@x] receives [@x]

// -----

// Norms and updates send nothing.
sluice.slot boundary @x : tensor<4xf32> {stage = 0}
sluice.slot boundary @y : tensor<4xf32> {stage = 1}
// expected-error @below {{'backward', 'backward_input' or 'tied', found 'update'}}
sluice.message @m behind <update> of "train" from 0 to 1 sends [@x] receives [@y]

// -----

sluice.slot boundary @y : tensor<4xf32> {stage = 1}
// expected-error @below {{expected a slot named 'x'}}
sluice.message @m behind <forward> of "train" from 0 to 1 sends [@x] receives [@y]

// -----

// expected-note @below {{'x' is of stage 1}}
sluice.slot boundary @x : tensor<4xf32> {stage = 1}
sluice.slot boundary @y : tensor<4xf32> {stage = 1}
// expected-error @below {{expected slots of stage 0}}
sluice.message @m behind <forward> of "train" from 0 to 1 sends [@x] receives [@y]

// -----

sluice.slot boundary @x : tensor<4xf32>
// expected-note @below {{'y' is of stage 0}}
sluice.slot boundary @y : tensor<4xf32>
// expected-error @below {{expected slots of stage 1}}
sluice.message @m behind <forward> of "train" from 0 to 1 sends [@x] receives [@y]

// -----

sluice.slot boundary @x : tensor<4xf32> {stage = 0}
// expected-note @below {{it has type 'tensor<8xf32>'}}
sluice.slot boundary @y : tensor<8xf32> {stage = 1}
// expected-error @below {{expected 'y' to have the type of 'x', 'tensor<4xf32>'}}
sluice.message @m behind <forward> of "train" from 0 to 1 sends [@x] receives [@y]
