// Kernels that go through MLIR's and LLVM's own lowering to PTX: what the emulator runs is what compilers write.

// y = x / sqrt(mean(x^2) + 1e-5) * w, rows of 256 numbers, a warp a row.
llvm.func @norm(%x: !llvm.ptr<1>, %w: !llvm.ptr<1>, %y: !llvm.ptr<1>) attributes {nvvm.kernel} {
  %lane = nvvm.read.ptx.sreg.tid.x : i32
  %row = nvvm.read.ptx.sreg.ctaid.x : i32
  %all = arith.constant -1 : i32
  %clamp = arith.constant 31 : i32
  %c1 = arith.constant 1 : i32
  %c2 = arith.constant 2 : i32
  %c16 = arith.constant 16 : i32
  %c32 = arith.constant 32 : i32
  %c64 = arith.constant 64 : i32
  %zero = arith.constant 0.0 : f32
  %start = arith.muli %row, %c64 : i32
  %sum = scf.for %i = %lane to %c64 step %c32 iter_args(%part = %zero) -> (f32) : i32 {
    %place = arith.addi %start, %i : i32
    %p = llvm.getelementptr %x[%place] : (!llvm.ptr<1>, i32) -> !llvm.ptr<1>, vector<4xf32>
    %v = llvm.load %p {alignment = 16 : i64} : !llvm.ptr<1> -> vector<4xf32>
    %square = arith.mulf %v, %v : vector<4xf32>
    %next = vector.reduction <add>, %square, %part : vector<4xf32> into f32
    scf.yield %next : f32
  }
  %steps = arith.constant 5 : i32
  %c0 = arith.constant 0 : i32
  %total, %last = scf.for %i = %c0 to %steps step %c1 iter_args(%part = %sum, %by = %c16) -> (f32, i32) : i32 {
    %other = nvvm.shfl.sync bfly %all, %part, %by, %clamp : f32 -> f32
    %next = arith.addf %part, %other : f32
    %half = arith.divui %by, %c2 : i32
    scf.yield %next, %half : f32, i32
  }
  %count = arith.constant 256.0 : f32
  %epsilon = arith.constant 1.0e-5 : f32
  %mean = arith.divf %total, %count : f32
  %shifted = arith.addf %mean, %epsilon : f32
  %scale = llvm.call_intrinsic "llvm.nvvm.rsqrt.approx.f"(%shifted) : (f32) -> f32
  %scales = vector.broadcast %scale : f32 to vector<4xf32>
  scf.for %i = %lane to %c64 step %c32 : i32 {
    %place = arith.addi %start, %i : i32
    %p = llvm.getelementptr %x[%place] : (!llvm.ptr<1>, i32) -> !llvm.ptr<1>, vector<4xf32>
    %q = llvm.getelementptr %w[%i] : (!llvm.ptr<1>, i32) -> !llvm.ptr<1>, vector<4xf32>
    %r = llvm.getelementptr %y[%place] : (!llvm.ptr<1>, i32) -> !llvm.ptr<1>, vector<4xf32>
    %v = llvm.load %p {alignment = 16 : i64} : !llvm.ptr<1> -> vector<4xf32>
    %g = llvm.load %q {alignment = 16 : i64} : !llvm.ptr<1> -> vector<4xf32>
    %a = arith.mulf %v, %scales : vector<4xf32>
    %b = arith.mulf %a, %g : vector<4xf32>
    llvm.store %b, %r {alignment = 16 : i64} : vector<4xf32>, !llvm.ptr<1>
  }
  llvm.return
}

// Philox4x32-10 of the counters (thread, 0, 0, 0).
llvm.func @philox(%out: !llvm.ptr<1>, %key0: i32, %key1: i32) attributes {nvvm.kernel} {
  %thread = nvvm.read.ptx.sreg.tid.x : i32
  %c0 = arith.constant 0 : i32
  %c1 = arith.constant 1 : i32
  %c10 = arith.constant 10 : i32
  %m0 = arith.constant 0xD2511F53 : i32
  %m1 = arith.constant 0xCD9E8D57 : i32
  %w0 = arith.constant 0x9E3779B9 : i32
  %w1 = arith.constant 0xBB67AE85 : i32
  %r:6 = scf.for %i = %c0 to %c10 step %c1
      iter_args(%a = %thread, %b = %c0, %c = %c0, %d = %c0, %k = %key0, %l = %key1) ->
          (i32, i32, i32, i32, i32, i32) : i32 {
    %lo0, %hi0 = arith.mului_extended %m0, %a : i32
    %lo1, %hi1 = arith.mului_extended %m1, %c : i32
    %s = arith.xori %hi1, %b : i32
    %t = arith.xori %s, %k : i32
    %u = arith.xori %hi0, %d : i32
    %v = arith.xori %u, %l : i32
    %nextK = arith.addi %k, %w0 : i32
    %nextL = arith.addi %l, %w1 : i32
    scf.yield %t, %lo1, %v, %lo0, %nextK, %nextL : i32, i32, i32, i32, i32, i32
  }
  %v = vector.from_elements %r#0, %r#1, %r#2, %r#3 : vector<4xi32>
  %p = llvm.getelementptr %out[%thread] : (!llvm.ptr<1>, i32) -> !llvm.ptr<1>, vector<4xi32>
  llvm.store %v, %p {alignment = 16 : i64} : vector<4xi32>, !llvm.ptr<1>
  llvm.return
}

// y = x * tanh(x), bf16, eight numbers a thread, computed in f32.
llvm.func @activation(%x: !llvm.ptr<1>, %y: !llvm.ptr<1>, %count: i32) attributes {nvvm.kernel} {
  %t = nvvm.read.ptx.sreg.tid.x : i32
  %b = nvvm.read.ptx.sreg.ctaid.x : i32
  %n = nvvm.read.ptx.sreg.ntid.x : i32
  %s = arith.muli %b, %n : i32
  %i = arith.addi %s, %t : i32
  %in = arith.cmpi ult, %i, %count : i32
  scf.if %in {
    %p = llvm.getelementptr %x[%i] : (!llvm.ptr<1>, i32) -> !llvm.ptr<1>, vector<8xbf16>
    %q = llvm.getelementptr %y[%i] : (!llvm.ptr<1>, i32) -> !llvm.ptr<1>, vector<8xbf16>
    %v = llvm.load %p {alignment = 16 : i64} : !llvm.ptr<1> -> vector<8xbf16>
    %wide = arith.extf %v : vector<8xbf16> to vector<8xf32>
    %e = llvm.intr.tanh(%wide) {fastmathFlags = #llvm.fastmath<afn>} : (vector<8xf32>) -> vector<8xf32>
    %m = arith.mulf %wide, %e : vector<8xf32>
    %r = arith.truncf %m : vector<8xf32> to vector<8xbf16>
    llvm.store %r, %q {alignment = 16 : i64} : vector<8xbf16>, !llvm.ptr<1>
  }
  llvm.return
}

llvm.mlir.global external @tile() {addr_space = 3 : i32, alignment = 128 : i64} : !llvm.array<0 x i8>

// C [16, 8] = A [16, 64] B' [8, 64], bf16, one warp: 16 numbers of k at a time through two stages of shared memory.
llvm.func @product(%a: !llvm.ptr<1>, %b: !llvm.ptr<1>, %c: !llvm.ptr<1>) attributes {nvvm.kernel} {
  %lane = nvvm.read.ptx.sreg.tid.x : i32
  %tile = llvm.mlir.addressof @tile : !llvm.ptr<3>
  %c0 = arith.constant 0 : i32
  %c1 = arith.constant 1 : i32
  %c2 = arith.constant 2 : i32
  %c3 = arith.constant 3 : i32
  %c4 = arith.constant 4 : i32
  %c7 = arith.constant 7 : i32
  %c8 = arith.constant 8 : i32
  %c15 = arith.constant 15 : i32
  %c16 = arith.constant 16 : i32
  %c32 = arith.constant 32 : i32
  %c128 = arith.constant 128 : i32
  %c512 = arith.constant 512 : i32
  %c768 = arith.constant 768 : i32
  // A lane copies 16 bytes of A: half of a row; the first 16 lanes copy those of B behind them.
  %row = arith.divui %lane, %c2 : i32
  %side = arith.andi %lane, %c1 : i32
  %half = arith.muli %side, %c16 : i32
  %far = arith.muli %row, %c128 : i32
  %from = arith.addi %far, %half : i32
  %near = arith.muli %row, %c32 : i32
  %to = arith.addi %near, %half : i32
  %hasB = arith.cmpi ult, %lane, %c16 : i32
  // Stage 0.
  llvm.call @load(%a, %b, %tile, %from, %to, %c0, %hasB) :
      (!llvm.ptr<1>, !llvm.ptr<1>, !llvm.ptr<3>, i32, i32, i32, i1) -> ()
  %zero = arith.constant 0.0 : f32
  %d:4 = scf.for %k = %c0 to %c4 step %c1 iter_args(%x = %zero, %y = %zero, %z = %zero, %w = %zero) ->
      (f32, f32, f32, f32) : i32 {
    %next = arith.addi %k, %c1 : i32
    %more = arith.cmpi ult, %next, %c4 : i32
    scf.if %more {
      llvm.call @load(%a, %b, %tile, %from, %to, %next, %hasB) :
          (!llvm.ptr<1>, !llvm.ptr<1>, !llvm.ptr<3>, i32, i32, i32, i1) -> ()
      nvvm.cp.async.wait.group 1
    } else {
      nvvm.cp.async.wait.group 0
    }
    nvvm.barrier0
    %stage = arith.andi %k, %c1 : i32
    %base = arith.muli %stage, %c768 : i32
    // Rows of ldmatrix: A's 16 in two halves, then B's 8.
    %ra = arith.andi %lane, %c15 : i32
    %ca = arith.divui %lane, %c16 : i32
    %oa0 = arith.muli %ra, %c32 : i32
    %oa1 = arith.muli %ca, %c16 : i32
    %oa2 = arith.addi %oa0, %oa1 : i32
    %oa = arith.addi %oa2, %base : i32
    %pa = llvm.getelementptr %tile[%oa] : (!llvm.ptr<3>, i32) -> !llvm.ptr<3>, i8
    %ma = nvvm.ldmatrix %pa {
        eltType = #nvvm.ld_st_matrix_elt_type<b16>, layout = #nvvm.mma_layout<row>,
        num = 4 : i32, shape = #nvvm.ld_st_matrix_shape<m = 8, n = 8>} :
        (!llvm.ptr<3>) -> !llvm.struct<(i32, i32, i32, i32)>
    %rb = arith.andi %lane, %c7 : i32
    %cb0 = arith.divui %lane, %c8 : i32
    %cb = arith.andi %cb0, %c1 : i32
    %ob0 = arith.muli %rb, %c32 : i32
    %ob1 = arith.muli %cb, %c16 : i32
    %ob2 = arith.addi %ob0, %ob1 : i32
    %ob3 = arith.addi %ob2, %base : i32
    %ob = arith.addi %ob3, %c512 : i32
    %pb = llvm.getelementptr %tile[%ob] : (!llvm.ptr<3>, i32) -> !llvm.ptr<3>, i8
    %mb = nvvm.ldmatrix %pb {
        eltType = #nvvm.ld_st_matrix_elt_type<b16>, layout = #nvvm.mma_layout<row>,
        num = 2 : i32, shape = #nvvm.ld_st_matrix_shape<m = 8, n = 8>} : (!llvm.ptr<3>) -> !llvm.struct<(i32, i32)>
    %a0 = llvm.extractvalue %ma[0] : !llvm.struct<(i32, i32, i32, i32)>
    %a1 = llvm.extractvalue %ma[1] : !llvm.struct<(i32, i32, i32, i32)>
    %a2 = llvm.extractvalue %ma[2] : !llvm.struct<(i32, i32, i32, i32)>
    %a3 = llvm.extractvalue %ma[3] : !llvm.struct<(i32, i32, i32, i32)>
    %b0 = llvm.extractvalue %mb[0] : !llvm.struct<(i32, i32)>
    %b1 = llvm.extractvalue %mb[1] : !llvm.struct<(i32, i32)>
    %m = nvvm.mma.sync A[%a0, %a1, %a2, %a3] B[%b0, %b1] C[%x, %y, %z, %w] {
        layoutA = #nvvm.mma_layout<row>, layoutB = #nvvm.mma_layout<col>,
        multiplicandAPtxType = #nvvm.mma_type<bf16>, multiplicandBPtxType = #nvvm.mma_type<bf16>,
        shape = #nvvm.shape<m = 16, n = 8, k = 16>} : (i32, i32, f32) -> !llvm.struct<(f32, f32, f32, f32)>
    %m0 = llvm.extractvalue %m[0] : !llvm.struct<(f32, f32, f32, f32)>
    %m1 = llvm.extractvalue %m[1] : !llvm.struct<(f32, f32, f32, f32)>
    %m2 = llvm.extractvalue %m[2] : !llvm.struct<(f32, f32, f32, f32)>
    %m3 = llvm.extractvalue %m[3] : !llvm.struct<(f32, f32, f32, f32)>
    nvvm.barrier0
    scf.yield %m0, %m1, %m2, %m3 : f32, f32, f32, f32
  }
  %group = arith.divui %lane, %c4 : i32
  %quarter = arith.andi %lane, %c3 : i32
  %first = arith.muli %group, %c4 : i32
  %place = arith.addi %first, %quarter : i32
  %below = arith.addi %place, %c32 : i32
  %v0 = vector.from_elements %d#0, %d#1 : vector<2xf32>
  %v1 = vector.from_elements %d#2, %d#3 : vector<2xf32>
  %p0 = llvm.getelementptr %c[%place] : (!llvm.ptr<1>, i32) -> !llvm.ptr<1>, vector<2xf32>
  %p1 = llvm.getelementptr %c[%below] : (!llvm.ptr<1>, i32) -> !llvm.ptr<1>, vector<2xf32>
  llvm.store %v0, %p0 {alignment = 8 : i64} : vector<2xf32>, !llvm.ptr<1>
  llvm.store %v1, %p1 {alignment = 8 : i64} : vector<2xf32>, !llvm.ptr<1>
  llvm.return
}

// Brings the 32 bytes of each row from 32 k on into stage k mod 2.
llvm.func internal @load(%a: !llvm.ptr<1>, %b: !llvm.ptr<1>, %tile: !llvm.ptr<3>, %from: i32, %to: i32, 
    %k: i32, %hasB: i1)
    attributes {sym_visibility = "private"} {
  %c1 = arith.constant 1 : i32
  %c32 = arith.constant 32 : i32
  %c512 = arith.constant 512 : i32
  %c768 = arith.constant 768 : i32
  %stage = arith.andi %k, %c1 : i32
  %base = arith.muli %stage, %c768 : i32
  %skip = arith.muli %k, %c32 : i32
  %source = arith.addi %from, %skip : i32
  %target = arith.addi %to, %base : i32
  %pa = llvm.getelementptr %a[%source] : (!llvm.ptr<1>, i32) -> !llvm.ptr<1>, i8
  %ta = llvm.getelementptr %tile[%target] : (!llvm.ptr<3>, i32) -> !llvm.ptr<3>, i8
  nvvm.cp.async.shared.global %ta, %pa, 16, cache = cg : !llvm.ptr<3>, !llvm.ptr<1>
  scf.if %hasB {
    %pb = llvm.getelementptr %b[%source] : (!llvm.ptr<1>, i32) -> !llvm.ptr<1>, i8
    %behind = arith.addi %target, %c512 : i32
    %tb = llvm.getelementptr %tile[%behind] : (!llvm.ptr<3>, i32) -> !llvm.ptr<3>, i8
    nvvm.cp.async.shared.global %tb, %pb, 16, cache = cg : !llvm.ptr<3>, !llvm.ptr<1>
  }
  nvvm.cp.async.commit.group
  llvm.return
}
