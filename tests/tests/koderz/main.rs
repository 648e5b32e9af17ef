//! The real binary, real components and a scripted server, tested as a user meets them.

mod evaluator;
