/** Writes `schemas/cluster.schema.json`, which editors use to complete and check a group file, from the valibot schema. */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { toJsonSchema } from '@valibot/to-json-schema';
import { clusterFileSchema } from '../emulator/cluster/clusterFile.ts';

/** Where the generated file belongs. */
export const schemaFile = fileURLToPath(new URL('../schemas/cluster.schema.json', import.meta.url));

/** The text of the generated file. `u` of our patterns is what JSON schema readers use anyway, hence no error for it. */
export function clusterSchemaText(): string {
  const schema = toJsonSchema(clusterFileSchema, { typeMode: 'input', errorMode: 'ignore' });
  return `${JSON.stringify({ ...schema, title: 'Scaled-Out Hosts group file' }, null, 2)}\n`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(schemaFile, clusterSchemaText());
