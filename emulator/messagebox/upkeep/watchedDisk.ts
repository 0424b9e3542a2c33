/** A disk that tells how much was read, for those who wait. */
import type { Disk } from '../storage/disk.ts';

/** @param onRead is called with the bytes of each read */
export function watchedDisk(disk: Disk, onRead: (bytes: number) => void): Disk {
  return {
    ...disk,
    open: (path, mode) => {
      const file = disk.open(path, mode);
      return {
        ...file,
        read: (into, position) => {
          const count = file.read(into, position);
          onRead(count);
          return count;
        },
      };
    },
  };
}
