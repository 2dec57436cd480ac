// `time`, `random`, `progress`, `checkpoint` and `exclusive`: a function or two each.

import { randomBytes } from 'node:crypto';
import { writeSync } from 'node:fs';

const LINE_CHARS = 4096;
// How often a turn that another run holds is asked for.
const LOOK_MS = 100;

export function time(host) {
  return {
    now: () => BigInt(Date.now()),
    sleep(milliseconds) {
      if (host.pause(Number(milliseconds))) throw 'cancelled';
    },
  };
}

// A seed for the jitter between attempts. It need not be secret.
export function random() {
  return { insecureSeed: () => [randomBytes(8).readBigUInt64LE(), randomBytes(8).readBigUInt64LE()] };
}

// Steps and lines on stderr, the bytes once a second. What the component says cannot steer a terminal.
export function progress() {
  let told = 0;
  return {
    report({ tag, val }) {
      if (['exporting', 'uploading'].includes(tag)) {
        if (Date.now() - told < 1000) return;
        told = Date.now();
      }
      if (tag === 'uploading') say(`uploading ${val[0]} of ${val[1]} bytes`);
      else say(val === undefined ? tag : `${tag} ${val} ${tag === 'waiting' ? 'ms' : 'bytes'}`);
    },
    log: (level, text) => say(`${level}: ${text}`),
  };
}

function say(text) {
  writeSync(2, `${text.slice(0, LINE_CHARS).replace(/[\p{C}\p{Zl}\p{Zp}]/gu, ' ')}\n`);
}

export function checkpoint(host) {
  return { save: (state) => host.call('save', state) };
}

export function exclusive(host) {
  return {
    hold(name) {
      let waited = false;
      while (!host.call('hold', name)) {
        waited = true;
        if (host.pause(LOOK_MS)) throw { tag: 'cancelled' };
      }
      return waited;
    },
  };
}
