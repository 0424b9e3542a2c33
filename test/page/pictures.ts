/** Compares a picture of the page with the one that was looked at and kept; both are decoded by the browser that made the first. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Page } from 'playwright-core';

/** A pixel is another one when a channel differs by more: less is what fonts and blending do. */
const CHANNEL = 40;

export interface Difference {
  /** Part of the pixels, 0 to 1. */
  readonly part: number;
  /** Why they cannot be compared pixel by pixel. */
  readonly size?: string;
}

/**
 * @param kept file with the picture that is right; written when it is not there yet, or with UPDATE_PICTURES=1
 * @param actual PNG
 */
export async function compareWithKept(page: Page, kept: string, actual: Buffer): Promise<Difference> {
  if (!existsSync(kept) || process.env['UPDATE_PICTURES'] === '1') {
    mkdirSync(dirname(kept), { recursive: true });
    writeFileSync(kept, actual);
    return { part: 0 };
  }
  const urls = [readFileSync(kept), actual].map((png) => `data:image/png;base64,${png.toString('base64')}`);
  return page.evaluate(differenceOf, { urls, channel: CHANNEL });
}

/** Runs in the browser. */
async function differenceOf({ urls, channel }: { urls: string[]; channel: number }): Promise<Difference> {
  const pixels = await Promise.all(
    urls.map(async (url) => {
      const image = new Image();
      image.src = url;
      await image.decode();
      const canvas = document.createElement('canvas');
      [canvas.width, canvas.height] = [image.width, image.height];
      const context = canvas.getContext('2d', { willReadFrequently: true });
      context?.drawImage(image, 0, 0);
      return context?.getImageData(0, 0, image.width, image.height);
    }),
  );
  const [a, b] = pixels;
  if (!a || !b || a.width !== b.width || a.height !== b.height)
    return { part: 1, size: `${String(a?.width)} x ${String(a?.height)}, now ${String(b?.width)} x ${String(b?.height)}` };
  let different = 0;
  for (let at = 0; at < a.data.length; at += 4) {
    const differs = [0, 1, 2].some((colour) => Math.abs((a.data[at + colour] ?? 0) - (b.data[at + colour] ?? 0)) > channel);
    if (differs) different += 1;
  }
  return { part: different / (a.data.length / 4) };
}
