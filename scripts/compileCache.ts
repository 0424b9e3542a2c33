/** Loaded before each test file: what was compiled, types stripped, is kept for the next file that imports it. Not for what a test starts. */
import { enableCompileCache } from 'node:module';
import { fileURLToPath } from 'node:url';

enableCompileCache(fileURLToPath(new URL('../out/compile-cache', import.meta.url)));
