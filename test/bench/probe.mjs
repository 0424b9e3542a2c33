/**
 * Runs inside a process of the benchmarked group, before its bundle: plain JavaScript, so that Node's type stripping does not count as
 * memory of the product. It only looks: where the MessageBox listens, how late its event loop is, and, when asked for, a CPU profile.
 */
import { renameSync, writeFileSync } from 'node:fs';

/** @param {{ folder: string, name: string, profile: boolean, lateness: boolean }} options */
export async function probe({ folder, name, profile, lateness }) {
  const write = (file, text) => {
    writeFileSync(`${folder}/${file}.new`, text);
    renameSync(`${folder}/${file}.new`, `${folder}/${file}`);
  };
  const send = process.send.bind(process);
  process.send = (message, ...rest) => {
    if (message.kind === 'listening') write('port', String(message.port));
    return send(message, ...rest);
  };
  if (lateness) watchLateness(write);
  if (profile) await startProfile(write, `${name}.${process.pid}.cpuprofile`);
}

/** Each ms: how much later than planned did the timer fire? SIGUSR2 writes the list and begins a new one. */
function watchLateness(write) {
  let late = [];
  let planned = performance.now() + 1;
  setInterval(() => {
    const now = performance.now();
    late.push([Math.round(performance.timeOrigin + now), Math.max(0, now - planned)]);
    planned = now + 1;
  }, 1).unref();
  process.on('SIGUSR2', () => {
    write('lateness.json', JSON.stringify(late));
    late = [];
  });
}

/** From SIGUSR1 ... to the next one. Node's own use of that signal is replaced by the listener. */
async function startProfile(write, file) {
  const { Session } = await import('node:inspector/promises');
  const session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.setSamplingInterval', { interval: 500 });
  let running = false;
  process.on('SIGUSR1', () => {
    running = !running;
    if (running) void session.post('Profiler.start');
    else void session.post('Profiler.stop').then(({ profile }) => write(file, JSON.stringify(profile)));
  });
}
