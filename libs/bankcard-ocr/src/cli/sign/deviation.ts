import type { Text } from '../text.js';
import type { SignatureRecipe } from './signature-recipe.js';
import type { SigningRule } from './signing-rule.js';

/** What of a recipe a deviation changes: two that change the same are never combined. */
export type DeviationKind = 'values' | 'spelling' | 'order' | 'joint' | 'digest';

/** One way to break a rule. */
export interface Deviation {
  readonly kind: DeviationKind;
  readonly rule: SigningRule;
  readonly how: Text;
  readonly apply: (recipe: SignatureRecipe) => SignatureRecipe;
}
