//! Single trials with figures of their own.

mod clients;
mod full_disk;
mod kill_hosts;
mod names;

pub(crate) use clients::{Pace, clients};
pub(crate) use full_disk::{full_disk, full_disk_inside};
pub(crate) use kill_hosts::kill_hosts;
pub(crate) use names::{many_names, one_name};
