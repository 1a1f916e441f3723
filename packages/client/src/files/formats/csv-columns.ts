/** Names of columns in several languages, without accents, blanks and case. The first of a field that a file has is used. */
export const columnNames = {
  title:
    'title task taskname name todo item what summary subject content titel aufgabe aufgabenname betreff bezeichnung titre tache nom intitule objet titulo tarea nombre asunto tarefa nome assunto titolo attivita compito oggetto taak taaknaam naam onderwerp tytul zadanie nazwa название задача заголовок 件名 タイトル タスク 标题 任务 제목 할일',
  description:
    'description notes note details detail content body comment comments text beschreibung notizen notiz bemerkung bemerkungen kommentar descripcion notas nota detalles comentario comentarios descricao observacoes observacao detalhes descrizione dettagli commento omschrijving beschrijving notities notitie opmerking opmerkingen opis notatki описание заметки примечание 説明 メモ 描述 备注 설명 메모',
  list: 'list listname project projectname folder liste listenname projekt ordner projet dossier lista proyecto carpeta projeto pasta progetto cartella lijst map список проект リスト プロジェクト 列表 清单 项目 목록',
  labels:
    'labels label tags tag categories category kategorie kategorien schlagworte etikett etiketten etiquettes etiquette categorie etiquetas etiqueta categoria categorias etichette etichetta labels categorieen etykiety kategoria метки теги категория ラベル タグ 标签 분류 태그',
  priority:
    'priority importance prioritat wichtigkeit priorite importance prioridad importancia prioridade importancia priorita importanza prioriteit priorytet приоритет 優先度 优先级 우선순위',
  startDate:
    'startdate start begin starts startdatum beginn anfangsdatum datededebut debut fechadeinicio fechainicio inicio datadeinicio datainicio datadiinizio inizio begindatum datarozpoczecia датаначала начало 開始日 开始日期 시작일',
  dueDate:
    'duedate due deadline dueon dueat falligkeitsdatum fallig falligam falligkeit frist termin echeance datedecheance datelimite vencimiento fechadevencimiento fechalimite fechaentrega vencimento datadevencimento datalimite prazo scadenza datadiscadenza vervaldatum einddatum termin termindocelowy датавыполнения срок дедлайн 期限 期日 截止日期 到期日 마감일 기한',
  dueTime: 'duetime time uhrzeit falligkeitszeit heure hora ora tijd godzina время 時刻 时间 시간',
  timeZone: 'timezone zone zeitzone fuseauhoraire fuseau zonahoraria fusohorario fusoorario tijdzone strefaczasowa',
  recurrence:
    'recurrence repeat repeats rrule wiederholung recurrente repetition repeticion recurrencia repeticao recorrencia ripetizione ricorrenza herhaling повтор 繰り返し 重复 반복',
  repeatFrom: 'repeatfrom',
  reminders: 'reminders reminder',
  completedAt:
    'completedat completiondate completeddate datecompleted completedon erledigtam abgeschlossenam terminele fechadefinalizacion datadeconclusao completatoil voltooidop',
  done: 'done completed complete finished status state isdone iscompleted erledigt abgeschlossen fertig zustand termine fait statut etat hecho completado completada estado feito concluido concluida fatto completato completata stato klaar voltooid gereed zrobione ukonczone stan готово выполнено статус 完了 状態 完成 状态 완료 상태',
  id: 'id',
  parentId: 'parentid parent parenttask',
  listId: 'listid',
  position: 'position',
} as const;

export type ColumnField = keyof typeof columnNames;

export const priorityWords: Record<string, string> = Object.fromEntries(
  Object.entries({
    none: 'none no normal keine ohne aucune ninguna nenhuma nessuna geen brak нет なし 无 없음',
    low: 'low niedrig gering basse faible baja baixa bassa laag niski niska низкий 低 낮음',
    medium: 'medium mittel moyenne moyen media medio gemiddeld middel sredni srednia средний 中 보통',
    high: 'high hoch wichtig haute elevee alta alto hoog wysoki wysoka высокий 高 높음',
  }).flatMap(([priority, words]) => words.split(' ').map((word) => [word, priority])),
);

/** Whether a cell says that a task is done, in several languages. */
export const doneWords: Record<string, boolean> = Object.fromEntries(
  Object.entries({
    true: 'true yes y x 1 done completed complete finished closed ja wahr erledigt abgeschlossen fertig oui vrai termine fait si verdadero hecho completado completada sim verdadeiro feito concluido concluida vero fatto completato completata waar klaar voltooid gereed tak prawda zrobione ukonczone да готово выполнено はい 完了 是 完成 완료',
    false:
      'false no n 0 open todo pending active incomplete notstarted needsaction nein falsch offen non faux ouvert afaire falso abierto pendiente nao aberto pendente aperto dafare nee onwaar openstaand nie falsz otwarte нет いいえ 否',
  }).flatMap(([done, words]) => words.split(' ').map((word) => [word, done === 'true'])),
);

/** Without accents, blanks, marks and case. */
export const plain = (text: string): string =>
  text
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]/gu, '')
    .normalize('NFKC');
