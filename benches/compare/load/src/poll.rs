//! Readiness of many sockets: epoll, edge-triggered, with time-outs in nanoseconds.

use std::num::NonZeroU64;
use std::os::fd::{AsFd, OwnedFd};

use rustix::buffer::spare_capacity;
use rustix::event::{Timespec, epoll};
use rustix::io::Errno;

use crate::Fault;

/// Most sockets that are told of at once.
const AT_ONCE: usize = 1024;

pub struct Poll {
    epoll: OwnedFd,
    ready: Vec<epoll::Event>,
}

impl Poll {
    pub fn new() -> Result<Self, Fault> {
        // Time-outs are to be as fine as they are asked for, and not rounded to 50 µs.
        rustix::thread::set_current_timer_slack(NonZeroU64::new(1))?;
        let epoll = epoll::create(epoll::CreateFlags::CLOEXEC)?;
        Ok(Self { epoll, ready: Vec::with_capacity(AT_ONCE) })
    }

    /// Tells `number` from now on whenever the socket becomes readable or writable; one that is
    /// closed is told no more.
    pub fn add(&self, socket: impl AsFd, number: usize) -> Result<(), Fault> {
        use epoll::EventFlags;
        let flags = EventFlags::IN | EventFlags::OUT | EventFlags::RDHUP | EventFlags::ET;
        Ok(epoll::add(&self.epoll, socket, epoll::EventData::new_u64(number as u64), flags)?)
    }

    /// The numbers of the sockets that are ready, put into `numbers`; none if time is up.
    pub fn wait(
        &mut self,
        timeout: Option<&Timespec>,
        numbers: &mut Vec<usize>,
    ) -> Result<(), Fault> {
        self.ready.clear();
        numbers.clear();
        match epoll::wait(&self.epoll, spare_capacity(&mut self.ready), timeout) {
            Ok(_) => numbers.extend(self.ready.iter().map(|event| event.data.u64() as usize)),
            Err(Errno::INTR) => {}
            Err(fault) => return Err(fault.into()),
        }
        Ok(())
    }
}
