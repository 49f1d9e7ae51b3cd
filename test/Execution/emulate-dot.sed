# The dot product of pairs of bf16 as plain vector arithmetic, for processors without it.
s/(%[0-9]+) = x86vector.avx512.dot (%[a-z0-9_]+), (%[a-z0-9_]+), (%[a-z0-9_]+) : vector<32xbf16> -> vector<16xf32>/\
\1_a, \1_b = vector.deinterleave \3 : vector<32xbf16> -> vector<16xbf16>\
\1_c, \1_d = vector.deinterleave \4 : vector<32xbf16> -> vector<16xbf16>\
\1_e = arith.extf \1_a : vector<16xbf16> to vector<16xf32>\
\1_f = arith.extf \1_b : vector<16xbf16> to vector<16xf32>\
\1_g = arith.extf \1_c : vector<16xbf16> to vector<16xf32>\
\1_h = arith.extf \1_d : vector<16xbf16> to vector<16xf32>\
\1_i = vector.fma \1_f, \1_h, \2 : vector<16xf32>\
\1 = vector.fma \1_e, \1_g, \1_i : vector<16xf32>/
s/%([0-9]+)_([a-i])/%dot\1_\2/g
