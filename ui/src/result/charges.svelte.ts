/** A charge that has no id yet gets one when it is kept. */
const NO_ID = "00000000-0000-0000-0000-000000000000";

/** A charge as it stands in its fields. */
export class ChargeRow {
  id = NO_ID;
  amount = $state("");
  currency = $state("");
  concept = $state("");

  constructor(given: { id?: string; amount?: string; currency: string; concept?: string }) {
    this.id = given.id ?? NO_ID;
    this.amount = given.amount ?? "";
    this.currency = given.currency;
    this.concept = given.concept ?? "";
  }

  /** Nothing was typed in it. */
  get empty(): boolean {
    return this.amount.trim() === "" && this.concept.trim() === "";
  }

  /** Whether its currency can be one. */
  get hasCurrency(): boolean {
    return /^[A-Z]{3}$/.test(this.currency.trim().toUpperCase());
  }
}
