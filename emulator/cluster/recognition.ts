/** How JSON bodies are recognised: what no body could ever be taken for. */
import { term } from '../text/term.ts';
import type { ClusterFile } from './clusterFile.ts';
import type { Finding } from './finding.ts';

export function recognitionFindings({ messageTypes }: ClusterFile): Finding[] {
  const seen = new Map<string, string>();
  return Object.entries(messageTypes).flatMap(([name, { format, members }]): Finding[] => {
    const path = ['messageTypes', name, 'members'];
    if (members.length === 0) return [];
    if (format === 'xml')
      return [
        {
          code: 'clusterFile.invalid',
          path,
          parameters: { expected: term('no members: a body in XML is recognised by its root'), found: members.join(', ') },
        },
      ];
    const key = JSON.stringify([...new Set(members)].sort());
    const other = seen.get(key);
    seen.set(key, other ?? name);
    return other === undefined ? [] : [{ code: 'clusterFile.sameMembers', path, parameters: { name, other } }];
  });
}
