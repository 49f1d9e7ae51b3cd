# The bits of bf16 as integers: what is left of bf16 after arith-expand is only moved, and processors without the type would convert it on the way.
s/arith\.constant 0\.0+e\+00 : bf16/arith.constant 0 : i16/
s/dense<0\.0+e\+00> : (vector<[0-9x]+x)bf16>/dense<0> : \1i16>/
s/bf16/i16/g
