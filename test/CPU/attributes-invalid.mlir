// RUN: sluice-opt %s --split-input-file --verify-diagnostics

// expected-error @below {{expected vectors of 128, 256 or 512 bits, found 64}}
module attributes {sluice.target = #sluice_cpu.target<processor = "znver3", features = "avx2", vector_bits = 64,
    threads = 2, line_bytes = 64>} {}

// -----

// expected-error @below {{expected at least 1 thread, found 0}}
module attributes {sluice.target = #sluice_cpu.target<processor = "znver3", features = "avx2", vector_bits = 256,
    threads = 0, line_bytes = 64>} {}

// -----

// expected-error @below {{expected lines of a power of two of bytes, found 48}}
module attributes {sluice.target = #sluice_cpu.target<processor = "znver3", features = "avx2", vector_bits = 256,
    threads = 2, line_bytes = 48>} {}

// -----

// expected-error @below {{expected register columns that are a multiple of the vector size 8, found 20}}
module attributes {test.strategy = #sluice_cpu.strategy<register = [4, 20], cache = [4, 20, 8], vector = 8,
    packs_a = true, packs_b = true>} {}

// -----

// expected-error @below {{expected 1 or 2 terms that lie together, found 4}}
module attributes {test.strategy = #sluice_cpu.strategy<register = [8, 48], cache = [8, 48, 8], vector = 16,
    packs_a = true, packs_b = true, vnni = 4>} {}

// -----

// expected-error @below {{expected packed operands and blocks of an even number of terms where two lie together}}
module attributes {test.strategy = #sluice_cpu.strategy<register = [8, 48], cache = [8, 48, 7], vector = 16,
    packs_a = true, packs_b = true, vnni = 2>} {}

// -----

// expected-error @below {{expected 1 panel at a time, or more of tiles, found 0}}
module attributes {test.strategy = #sluice_cpu.strategy<register = [32, 32], cache = [32, 32, 32], vector = 16,
    packs_a = true, packs_b = true, vnni = 2, tile = 32, panels = 0>} {}

// -----

// expected-error @below {{expected 1 panel at a time, or more of tiles, found 4}}
module attributes {test.strategy = #sluice_cpu.strategy<register = [8, 48], cache = [8, 48, 32], vector = 16,
    packs_a = true, packs_b = true, vnni = 2, tile = 0, panels = 4>} {}

// -----

// expected-error @below {{expected tiles of 32 terms or none (0), found 16}}
module attributes {test.strategy = #sluice_cpu.strategy<register = [32, 32], cache = [32, 32, 32], vector = 16,
    packs_a = true, packs_b = true, vnni = 2, tile = 16>} {}

// -----

// expected-error @below {{16 x 16 tiles and blocks of whole tiles of terms, found 8 x 48 and 32 terms, 2 together}}
module attributes {test.strategy = #sluice_cpu.strategy<register = [8, 48], cache = [8, 48, 32], vector = 16,
    packs_a = true, packs_b = true, vnni = 2, tile = 32>} {}

// -----

// expected-error @below {{16 x 16 tiles and blocks of whole tiles of terms, found 32 x 32 and 32 terms, 1 together}}
module attributes {test.strategy = #sluice_cpu.strategy<register = [32, 32], cache = [32, 32, 32], vector = 16,
    packs_a = true, packs_b = true, vnni = 1, tile = 32>} {}

// -----

// expected-error @below {{16 x 16 tiles and blocks of whole tiles of terms, found 32 x 32 and 40 terms, 2 together}}
module attributes {test.strategy = #sluice_cpu.strategy<register = [32, 32], cache = [32, 32, 40], vector = 16,
    packs_a = true, packs_b = true, vnni = 2, tile = 32>} {}
