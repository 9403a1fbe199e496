//! The store through its public face, on real files.

mod checkpoints;
mod damage;
mod golden;
mod logs;
mod names;
mod recent;
mod removal;
mod rename;
mod scene;
mod segments;
mod tails;
