//! The two clocks, held against two things that share no code with the register: a naive model that works out each
//! answer from the entries' JSON alone, on random histories of what reaches back; and a small history written down with
//! its answers, to be checked by eye.

mod answers;
mod days;
mod model;
mod random;
mod reaching;
