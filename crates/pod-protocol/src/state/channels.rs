//! Named series: last value and a short recent series each.

use serde::{Deserialize, Serialize};

use super::{CHANNELS_MAX, clip};
use crate::{ChannelReadings, Reading, Timestamp};

/// How many recent readings of a channel are kept for its sparkline.
pub const CHANNEL_POINTS_MAX: usize = 32;

/// One named series.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Channel {
    /// Its name.
    pub name: String,
    /// Its unit.
    pub unit: Option<String>,
    /// When it was last read.
    pub last_at: Timestamp,
    /// Smallest and largest value so far.
    pub range: (f64, f64),
    /// The newest readings, oldest first; never empty.
    pub recent: Vec<f64>,
}

impl Channel {
    /// The newest reading.
    #[must_use]
    pub fn last(&self) -> f64 {
        self.recent.last().copied().unwrap_or(f64::NAN)
    }
}

/// All series of a run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Channels {
    /// In order of appearance, at most 64 of them.
    pub series: Vec<Channel>,
    /// Readings of channels beyond that.
    pub not_followed: u64,
}

impl Channels {
    pub(super) fn read(&mut self, readings: &ChannelReadings, at: Timestamp) {
        match readings {
            ChannelReadings::One(reading) => self.read_one(reading, at),
            ChannelReadings::Many { readings } => {
                for reading in readings {
                    self.read_one(reading, at);
                }
            }
        }
    }

    fn read_one(&mut self, reading: &Reading, at: Timestamp) {
        let Some(channel) = self.channel(&reading.name, at) else {
            self.not_followed += 1;
            return;
        };
        let value = reading.value;
        if channel.recent.len() == CHANNEL_POINTS_MAX {
            channel.recent.remove(0);
        }
        channel.recent.push(value);
        channel.range = (channel.range.0.min(value), channel.range.1.max(value));
        channel.last_at = at;
        if let Some(unit) = &reading.unit {
            channel.unit = Some(clip(unit));
        }
    }

    fn channel(&mut self, name: &str, at: Timestamp) -> Option<&mut Channel> {
        let name = clip(name);
        let found = self.series.iter().position(|channel| channel.name == name);
        let index = match found {
            Some(index) => index,
            None if self.series.len() < CHANNELS_MAX => {
                let range = (f64::INFINITY, f64::NEG_INFINITY);
                self.series.push(Channel {
                    name,
                    unit: None,
                    last_at: at,
                    range,
                    recent: vec![],
                });
                self.series.len() - 1
            }
            None => return None,
        };
        self.series.get_mut(index)
    }
}
