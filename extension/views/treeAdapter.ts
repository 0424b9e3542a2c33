import * as vscode from 'vscode';
import type { NodeSpec } from './node.ts';
import { StableTree, type TreeElement } from './stableTree.ts';

/** Shows a {@link StableTree} in one of our views. What it shows is in memory; `build` is asked only while the view is visible. */
export class TreeAdapter implements vscode.TreeDataProvider<TreeElement>, vscode.Disposable {
  readonly view: vscode.TreeView<TreeElement>;
  readonly #tree = new StableTree();
  readonly #build: () => readonly NodeSpec[];
  readonly #onFirstShown: () => void;
  readonly #changed = new vscode.EventEmitter<TreeElement[] | undefined>();
  readonly onDidChangeTreeData = this.#changed.event;
  #shown = false;

  /** @param onFirstShown called once, when VS Code asks for the content the first time */
  constructor(id: string, build: () => readonly NodeSpec[], onFirstShown: () => void) {
    this.#build = build;
    this.#onFirstShown = onFirstShown;
    this.view = vscode.window.createTreeView(id, { treeDataProvider: this, canSelectMany: true, showCollapseAll: true });
    this.view.onDidChangeVisibility(({ visible }) => {
      if (visible) this.refresh();
    });
  }

  /** Draws everything: VS Code chooses the words of an empty view anew only then. */
  redraw(): void {
    if (!this.#shown) return;
    this.#tree.update(this.#build());
    this.#changed.fire(undefined);
  }

  /** Compares what the view shows with what it should, and draws the difference. */
  refresh(): void {
    if (!this.#shown) return;
    const change = this.#tree.update(this.#build());
    if (change.whole) this.#changed.fire(undefined);
    else if (change.elements.length > 0) this.#changed.fire([...change.elements]);
  }

  /** Brings the view before the user's eyes and leaves the keyboard where it is. */
  async show(): Promise<void> {
    const [first] = this.view.visible ? [] : this.getChildren();
    if (first !== undefined) await this.view.reveal(first, { select: false, focus: false });
  }

  getChildren(element?: TreeElement): TreeElement[] {
    if (element !== undefined) return [...element.children];
    if (!this.#shown) {
      this.#shown = true;
      this.#tree.update(this.#build());
      this.#onFirstShown();
    }
    return [...this.#tree.roots];
  }

  getParent(element: TreeElement): TreeElement | undefined {
    return element.parent;
  }

  getTreeItem({ id, spec }: TreeElement): vscode.TreeItem {
    const item = new vscode.TreeItem(spec.label, collapsible(spec));
    item.id = id;
    if (spec.description !== undefined) item.description = spec.description;
    item.iconPath = new vscode.ThemeIcon(spec.icon.id, spec.icon.color === undefined ? undefined : new vscode.ThemeColor(spec.icon.color));
    item.contextValue = spec.contextValue;
    item.accessibilityInformation = { label: spec.accessibility };
    if (spec.command !== undefined) item.command = { command: spec.command, title: spec.label, arguments: [{ spec }] };
    return item;
  }

  resolveTreeItem(item: vscode.TreeItem, { spec }: TreeElement): vscode.TreeItem {
    item.tooltip = spec.tooltip ?? spec.accessibility;
    return item;
  }

  dispose(): void {
    this.view.dispose();
    this.#changed.dispose();
  }
}

function collapsible({ children, open }: NodeSpec): vscode.TreeItemCollapsibleState {
  if (children === undefined) return vscode.TreeItemCollapsibleState.None;
  return open === true ? vscode.TreeItemCollapsibleState.Expanded : vscode.TreeItemCollapsibleState.Collapsed;
}
